"""A request is read to its end before it is answered, whoever answers it.

gunicorn says in an answer that it keeps the connection, and ends it all the same where more than 64 KiB of the request were left unread:
by a refusal for want of a token, of a pace, of a known address. The edge may have sent the next request on it by then, and a form it must
not send twice: its sender would read that the shop is away.
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
