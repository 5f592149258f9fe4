"""Every request is read to its end before it is answered, whoever answers it.

A server that answers without reading the whole request says that it keeps the connection, and closes it all the same: granian where the
body has not fully arrived, gunicorn from 64 KiB on. A refusal does that, for want of a token or a known address, or at a rate limit. The
edge is then still sending, or sends the next request on that connection; it must not send a form twice, so the sender of one would read
that the shop is away.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wsgiref.types import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

MOST: Final = 64 * 1024 * 1024  # bytes; the edge lets 12 MiB through, and the inner listener takes 32
_PIECE: Final = 1024 * 1024


def drain_request_body(application: "WSGIApplication") -> "WSGIApplication":
    """Return the application so that it reads the rest of the request's body before any of its answer is sent."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        response = application(environ, start_response)
        with suppress(OSError):  # the client is gone and waits for no answer
            _discard(environ["wsgi.input"])
        return response

    return answer


def _discard(body: "InputStream") -> None:
    left = MOST
    while left and (piece := body.read(min(left, _PIECE))):
        left -= len(piece)
