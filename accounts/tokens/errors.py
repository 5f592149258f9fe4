"""What goes wrong with access tokens."""

from common.errors import AccessDenied, ConflictError, InvalidInput


class NoTokenScope(InvalidInput):
    """A token without a scope opens nothing. 422."""

    code = "token_scope_missing"
    field = "scopes"

    def __init__(self) -> None:
        super().__init__("Choose at least one thing the token may do.")


class TokenExpiryPast(InvalidInput):
    """A token would be dead at birth. 422."""

    code = "token_expiry_past"
    field = "expires_at"

    def __init__(self) -> None:
        super().__init__("Choose a day in the future.")


class TokenTooPowerful(AccessDenied):
    """A token would make one with more scopes or a longer life than its own, or one that only the browser makes. 403."""

    code = "token_too_powerful"


class TooManyTokens(ConflictError):
    """The user has as many live tokens as one may have. 409."""

    code = "too_many_tokens"

    def __init__(self, *, most: int) -> None:
        super().__init__(f"You have {most} live tokens, which is all one account may have. Revoke one that nothing uses.", most=most)
