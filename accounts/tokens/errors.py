"""What goes wrong with access tokens."""

from django.utils.translation import gettext

from common.errors import AccessDenied, ConflictError, InvalidInput


class NoTokenScope(InvalidInput):
    """A token needs a scope: without one it opens nothing. 422."""

    code = "token_scope_missing"
    field = "scopes"

    def __init__(self) -> None:
        super().__init__(gettext("Choose at least one thing the token may do."))


class TokenExpiryPast(InvalidInput):
    """The token would have expired before it was made. 422."""

    code = "token_expiry_past"
    field = "expires_at"

    def __init__(self) -> None:
        super().__init__(gettext("Choose a day in the future."))


class TokenTooPowerful(AccessDenied):
    """A token may not make one with more scopes or a longer life than its own, or one that can only be made in the browser. 403."""

    code = "token_too_powerful"


class TooManyTokens(ConflictError):
    """The user already has the most live tokens that one may have. 409."""

    code = "too_many_tokens"

    def __init__(self, *, most: int) -> None:
        message = gettext("You have {most} live tokens, the most that one account may have. Revoke one that is no longer used.")
        super().__init__(message.format(most=most), most=most)
