"""Error pages, in our design and with our sentences."""

import logging
import sys
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, UnreadablePostError
from django.shortcuts import render
from django.utils.translation import gettext

from common.db.errors import StatementTooSlow
from common.db.statements import was_cancelled
from common.errors import DomainError, RetryLater
from common.web.came_from import path_before

logger = logging.getLogger(__name__)
_PAGES = {400, 403, 404, 405, 500, 503}


class DomainErrorMiddleware:
    """Answer a domain error that no view caught with its status, its sentence and, for `RetryLater`, Retry-After.

    And a method that a view does not take with a page: Django's own answer is empty.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        return method_not_allowed(request, response) if isinstance(response, HttpResponseNotAllowed) else response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        match exception:
            case DomainError():
                return say_when_to_retry(error_page(request, exception.status, exception.message), exception)
            case ValidationError():  # an invalid key in an address; forms catch their own
                return error_page(request, 404)
            case DataError():
                note_unstorable(exception)
                return error_page(request, 400)
            case UnreadablePostError():  # the client closed the connection
                return error_page(request, 400)
        return None


def note_unstorable(error: DataError) -> None:
    """Log that PostgreSQL refused a value: the sender's mistake, which one of our forms or parsers should have caught."""
    logger.warning("PostgreSQL cannot hold what was sent", exc_info=error)


def say_when_to_retry(response: HttpResponse, error: DomainError) -> HttpResponse:
    """Add Retry-After to the answer if the error says when."""
    if isinstance(error, RetryLater):
        response["Retry-After"] = str(error.retry_after)
    return response


def error_page(request: HttpRequest, status: int, message: str = "") -> HttpResponse:
    """Render the page of a status; a status without a page of its own uses the 400 page."""
    template = f"{status}.html" if status in _PAGES else "400.html"
    return render(request, template, {"message": message, "status": status}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request itself is broken."""
    return error_page(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: known, but not allowed."""
    return error_page(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without its token: almost always from before another sign-in, or open for too long. Its page has a new one."""
    return render(request, "403_csrf.html", {"back": path_before(request)}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: also for what exists and belongs to somebody else."""
    return error_page(request, 404)


def method_not_allowed(request: HttpRequest, refusal: HttpResponse) -> HttpResponse:
    """405: mostly the address of a form that is opened from a bookmark. Allow says what a view takes (RFC 9110, 15.5.6)."""
    response = error_page(request, 405)
    response["Allow"] = refusal["Allow"]
    return response


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """429: a limit is reached. The longest window that allauth counts over is five minutes."""
    response = error_page(request, 429, gettext("Too many attempts. Wait a few minutes, then try again."))
    response["Retry-After"] = "60"
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault; 503 with Retry-After while the database is away or too slow. The page itself needs no database."""
    if was_cancelled(sys.exception()):
        slow = StatementTooSlow()
        return say_when_to_retry(error_page(request, slow.status, slow.message), slow)
    if not isinstance(sys.exception(), OperationalError | InterfaceError):
        return error_page(request, 500)
    response = error_page(request, 503)
    response["Retry-After"] = "30"
    return response
