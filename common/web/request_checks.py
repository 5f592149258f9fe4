"""Refuses requests that cannot be read or stored: text that PostgreSQL or UTF-8 cannot hold, other encodings, no true length.

It happens here, so that no view has to think of it; a form may still say it at the field.
"""

import math
import re
from collections.abc import Callable, Iterable
from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext, gettext_noop

from common.errors import problem_document
from common.web.pages import error_page

NUL: Final = "\x00"  # PostgreSQL manual, 8.3: the character with code zero cannot be stored
_LENGTH: Final = re.compile("[0-9]{1,15}")
_CHARSETS: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_NO_TEXT: Final = gettext_noop("The request holds a character with code zero, which is not text.")
_API: Final = "/api/"


def is_storable_json(document: object) -> bool:
    """Whether everything in a decoded JSON document can be stored: no character zero, no half of a surrogate pair, no infinite number."""
    unchecked = [document]
    while unchecked:
        match unchecked.pop():
            case str() as text if not is_storable_text(text):
                return False
            case float() as number if not math.isfinite(number):
                return False
            case list() as items:
                unchecked.extend(items)
            case dict() as members:
                unchecked.extend(members)
                unchecked.extend(members.values())
    return True


def is_storable_text(text: str) -> bool:
    """Whether PostgreSQL can hold the text, in UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return NUL not in text


class ReadableRequestMiddleware:
    """Answer 400 or 415 to a request that no view could read, as a page or as a problem document."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _LENGTH.fullmatch(request.META.get("CONTENT_LENGTH") or "0"):
            return refuse(request, 400, gettext("The request does not say how long it is."))
        # Not every encoding that Python knows encodes text, and Django would decode the query string with it as well.
        if (request.content_params or {}).get("charset", "utf-8").lower() not in _CHARSETS:
            return refuse(request, 415, gettext("Send text as UTF-8."))
        request.COOKIES = {name: value for name, value in request.COOKIES.items() if is_storable_text(value)}
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 400 where a character zero reached a query: forms refuse it at the field, and most views never query by it."""
        if not isinstance(exception, ValueError) or not holds_nul(request):
            return None
        return refuse(request, 400, gettext(_NO_TEXT))


def holds_nul(request: HttpRequest) -> bool:
    """Whether a character zero is in the address or the form of a request."""
    files = ((name, [file.name or "" for file in found]) for name, found in request.FILES.lists())
    return NUL in request.path_info or any(_in_fields(fields) for fields in (request.GET.lists(), request.POST.lists(), files))


def _in_fields(fields: Iterable[tuple[str, list[str]]]) -> bool:
    return any(NUL in name or any(NUL in str(value) for value in values) for name, values in fields)


def refuse(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    """Return a refusal in the form of its address: RFC 9457 in the API, else a page."""
    if not request.path_info.startswith(_API):
        return error_page(request, status, sentence)
    body = problem_document(status=status, code="unreadable", detail=sentence)
    return JsonResponse(body, status=status, content_type="application/problem+json")
