"""Stripe's refusals: status, type, code, parameter and message (https://docs.stripe.com/api/errors)."""

from typing import Any


class StripeError(Exception):
    """An answer other than 2xx, as Stripe words it."""

    status = 400
    kind = "invalid_request_error"

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None) -> None:
        """`param` is in bracket notation, as `line_items[0][quantity]`."""
        super().__init__(message)
        self.message, self.code, self.param = message, code, param

    def body(self) -> dict[str, Any]:
        """The JSON that goes with the status."""
        error: dict[str, Any] = {"message": self.message, "type": self.kind}
        if self.code:
            error |= {
                "code": self.code,
                "doc_url": f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}",
            }
        if self.param:
            error["param"] = self.param
        return {"error": error}


class InvalidRequest(StripeError):
    """The endpoint ran and refused: Stripe keeps this answer under the idempotency key."""


class InvalidParams(StripeError):
    """The parameters were refused before the endpoint ran: no answer is kept under the idempotency key."""


class Declined(StripeError):
    """A card was refused. What the attempt wrote stays, and the answer is kept under the idempotency key."""

    status = 402
    kind = "card_error"

    def __init__(self, message: str, *, code: str, decline_code: str = "", param: str | None = None) -> None:
        """`decline_code` is the bank's, if it was asked."""
        super().__init__(message, code=code, param=param)
        self.decline_code = decline_code

    def body(self) -> dict[str, Any]:
        """The JSON that goes with the status."""
        body = super().body()
        return {"error": body["error"] | ({"decline_code": self.decline_code} if self.decline_code else {})}


class Unauthorized(StripeError):
    """No key, or a wrong one."""

    status = 401


class Forbidden(StripeError):
    """The key may not act for this account."""

    status = 403


class NotFound(StripeError):
    """No such object or address."""

    status = 404


class KeyInUse(StripeError):
    """Another request with the same idempotency key is still running."""

    status = 409


class KeyReused(StripeError):
    """The idempotency key belongs to another request."""

    kind = "idempotency_error"


class ServerFault(StripeError):
    """A fault on Stripe's side, made on purpose by the control endpoints."""

    status = 500
    kind = "api_error"

    def __init__(self, status: int) -> None:
        """Any status: 500 and 503 are faults, 429 is the rate limit."""
        super().__init__("An unknown error occurred (injected by the sandbox).")
        self.status = status
        if status == 429:  # noqa: PLR2004 - the status itself is the clearest name
            self.kind, self.code, self.message = "invalid_request_error", "rate_limit", "Too many requests."


def missing(kind: str, key: str, param: str) -> NotFound:
    """What Stripe says of an identifier that it does not know."""
    return NotFound(f"No such {kind}: '{key}'", code="resource_missing", param=param)


def lacks_permission(method: str, path: str) -> Forbidden:
    """What Stripe says to a restricted key: no code, and the permission's name only in the message."""
    resource = "_".join(part.removesuffix("s") for part in path.removeprefix("/v1/").split("/") if part.replace("_", "").isalpha())
    permission = f"rak_{resource}_{'read' if method == 'GET' else 'write'}"
    return Forbidden(
        "The provided key 'rk_test_********' does not have the required permissions for this endpoint on account 'acct_platform'."
        f" Having the '{permission}' permission would allow this request to continue."
    )
