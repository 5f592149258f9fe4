"""Errors of the API as problem documents (RFC 9457)."""

from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.utils.translation import gettext
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from common.db.errors import DatabaseAway, StatementTooSlow
from common.db.statements import was_cancelled
from common.errors import DomainError, RetryLater, problem_document
from common.web.pages import note_unstorable


class NoSuchAddress(APIView):
    """The API's last route: an address that matches no other is answered with a problem document, not a page."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    schema = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:  # noqa: ARG002  DRF passes them
        """Refuse every method.

        Raises:
            NotFound: always.
        """
        raise exceptions.NotFound(gettext("There is nothing at this address. Addresses of the API end with a slash: see /api/docs/."))


def problem_details(exception: Exception, context: dict[str, Any]) -> Response | None:
    """Answer every error as a problem document (RFC 9457): type, title, status, detail, code, and errors by field."""
    if isinstance(exception, DomainError):
        response = _problem(exception.status, exception.code, exception.message)
        if exception.field:
            response.data["errors"] = {exception.field: [exception.message]}
        if isinstance(exception, RetryLater):
            response["Retry-After"] = str(exception.retry_after)
        return response
    if isinstance(exception, OperationalError | InterfaceError):
        return problem_details(StatementTooSlow() if was_cancelled(exception) else DatabaseAway(), context)
    if isinstance(exception, SuspiciousOperation | UnreadablePostError | DataError):
        return _unreadable(exception)
    answer = exception_handler(exception, context)
    if answer is None:
        return None
    code, detail = _code_and_detail(exception)
    response = _problem(answer.status_code, code, detail)
    if isinstance(exception, exceptions.ValidationError):
        errors = exception.detail if isinstance(exception.detail, dict) else {"non_field_errors": exception.detail}
        response.data["errors"] = errors
    for header in ("WWW-Authenticate", "Retry-After", "Allow"):
        if header in answer.headers:
            response[header] = answer.headers[header]
    return response


def _unreadable(exception: Exception) -> Response:
    if isinstance(exception, RequestDataTooBig):
        return _problem(413, "too_large", gettext("The document is too large."))
    if isinstance(exception, DataError):
        note_unstorable(exception)
    return _problem(400, "unreadable", gettext("The request holds something that cannot be read or stored."))


def _code_and_detail(exception: Exception) -> tuple[str, str]:
    if isinstance(exception, exceptions.ValidationError):
        return "invalid_input", gettext("Some fields are not right: see errors.")
    if isinstance(exception, exceptions.APIException):
        return exception.default_code, str(exception.detail)
    if isinstance(exception, Http404):
        return "not_found", gettext("There is no such thing, or it is not yours.")
    return "access_denied", gettext("This is not allowed for you.")


def _problem(status: int, code: str, detail: str) -> Response:
    return Response(problem_document(status=status, code=code, detail=detail), status=status, content_type="application/problem+json")
