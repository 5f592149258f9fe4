"""Links that carry a secret: the first answer takes it out of the address, and the session remembers what this browser has opened.

So no page, Referer or `next` carries the secret. Mail scanners open links too; this changes nothing but the browser's own session.
"""

from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

_MOST_OPENED: Final = 10  # of a kind


def open_link(request: HttpRequest, kind: str, row_id: UUID, *, page: str) -> HttpResponse:
    """Note that this browser has opened the link of a row, and send it on to the page without the secret.

    Args:
        kind: of links; each is remembered apart.
        page: name of the view that takes the row's id.
    """
    note_opened(request, kind, row_id)
    response = redirect(page, row_id)
    response["Referrer-Policy"] = "no-referrer"
    return response


def note_opened(request: HttpRequest, kind: str, row_id: UUID) -> None:
    """Note that this browser may see the row, as if it had opened its link."""
    opened = [key for key in request.session.get(kind, []) if key != str(row_id)]
    request.session[kind] = [*opened, str(row_id)][-_MOST_OPENED:]


def has_opened(request: HttpRequest, kind: str, row_id: UUID) -> bool:
    """Whether this browser has opened the link of the row."""
    return str(row_id) in request.session.get(kind, [])
