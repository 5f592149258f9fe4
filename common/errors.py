"""The base of every error that a person or program gets from us: a code, a status, and a sentence that says what to do."""

from http import HTTPStatus


class DomainError(Exception):
    """Something that the rules of the shop do not allow. Subclasses are named as facts and live in their room's `errors`.

    Attributes:
        code: stable, snake_case, for programs.
        status: the HTTP status that says the same (RFC 9110).
        message: for people; says what to do next.
        field: the form field it belongs to, when it belongs to one.
        context: ids and names, for the problem document and the log; never secrets.
    """

    code = "error"
    status = 400
    field: str | None = None

    def __init__(self, message: str, **context: object) -> None:
        super().__init__(message)
        self.message = message
        self.context = context


class InvalidInput(DomainError):
    """The input is malformed or breaks a rule, and the sender can correct it. 422."""

    code = "invalid_input"
    status = 422


class AccessDenied(DomainError):
    """The user is known, and is not allowed to do this. 403."""

    code = "access_denied"
    status = 403


class ConflictError(DomainError):
    """The request is in order, and the present state forbids it. 409."""

    code = "conflict"
    status = 409


class RetryLater(DomainError):
    """Nothing is wrong with the request: the same one may succeed soon. 503 with Retry-After.

    Attributes:
        retry_after: seconds.
    """

    code = "retry_later"
    status = 503
    retry_after = 5


def problem_document(*, status: int, code: str, detail: str) -> dict[str, object]:
    """Return the body of an error for programs: RFC 9457, with our code beside its members."""
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code, "detail": detail}
