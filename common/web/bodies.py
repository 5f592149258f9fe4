"""A request is read to its end before it is answered, whoever answers it.

A server that answers a request unread says that it keeps the connection, and ends it all the same: granian where the body has not all come
yet, gunicorn from 64 KiB on. That is what a refusal does, for want of a token, a pace or a known address. The edge is then still sending,
or sends the next request on that connection; a form it must not send twice, and whoever sent it would read that the shop is away.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wsgiref.types import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

MOST: Final = 64 * 1024 * 1024  # bytes; the edge lets 12 MiB through, and the inner listener takes 32
_PIECE: Final = 1024 * 1024


def read_to_the_end(application: "WSGIApplication") -> "WSGIApplication":
    """Return the application, reading what it leaves of a body before anything of its answer is sent."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        response = application(environ, start_response)
        with suppress(OSError):  # whoever broke off waits for no answer
            _discard(environ["wsgi.input"])
        return response

    return answer


def _discard(body: "InputStream") -> None:
    left = MOST
    while left and (piece := body.read(min(left, _PIECE))):
        left -= len(piece)
