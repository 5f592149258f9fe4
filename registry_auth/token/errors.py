"""Why a token is refused."""

from datetime import datetime

from common.errors import DomainError


class TokenRefused(DomainError):
    """No token for this request.

    Attributes:
        registry_code: the code in a body of registry form.
        oauth_code: the `error` in a body of OAuth form.
        retry_after: seconds until the same request may succeed; None if it never will.
    """

    registry_code = "UNSUPPORTED"
    oauth_code = "invalid_request"
    retry_after: int | None = None


class InvalidTokenRequest(TokenRefused):
    """The request is malformed. 400."""

    code = "invalid_token_request"
    status = 400


class UnsupportedGrantType(InvalidTokenRequest):
    """Not one of the grant types that we support. 400."""

    code = "unsupported_grant_type"
    oauth_code = "unsupported_grant_type"

    def __init__(self) -> None:
        super().__init__("grant_type must be password or refresh_token.")


class ForeignService(InvalidTokenRequest):
    """The token was requested for another service. 400."""

    code = "foreign_service"

    def __init__(self, *, ours: str) -> None:
        super().__init__(f"This token server serves {ours} only.")


class FormTooLarge(InvalidTokenRequest):
    """The form is larger than any that a client sends. 413."""

    code = "form_too_large"
    status = 413

    def __init__(self) -> None:
        super().__init__("The form is too large.")


class WrongCredentials(TokenRefused):
    """The answer whatever was wrong, so that nobody learns which part was right. 401."""

    code = "wrong_credentials"
    status = 401
    registry_code = "UNAUTHORIZED"
    oauth_code = "invalid_grant"

    def __init__(self, *, tokens_url: str) -> None:
        super().__init__(f"wrong user name or access token; access tokens, which are not web passwords, are made at {tokens_url}")


class NotBought(TokenRefused):
    """A lone pull of an image that is for sale, by somebody who does not own it: docker prints where to buy it. 403."""

    code = "not_bought"
    status = 403
    registry_code = "DENIED"
    oauth_code = "invalid_scope"

    def __init__(self, *, repository: str, product_url: str, help_url: str) -> None:
        super().__init__(f"{repository} is for sale at {product_url}; if you own it already, {help_url} explains why you cannot pull it")


class PushesHeld(TokenRefused):
    """A push while garbage is collected: docker prints until when. 403, for no client prints the sentence of a 503."""

    code = "pushes_held"
    status = 403
    registry_code = "DENIED"
    oauth_code = "invalid_scope"

    def __init__(self, *, until: datetime) -> None:
        super().__init__(
            f"pushes wait while the registry is being cleaned up, until {until:%H:%M} UTC at the latest; pulls go on, and nothing that was"
            " pushed is lost"
        )


class StorageFull(TokenRefused):
    """A push by a seller who stores as much as they may: docker prints how much that is. 403."""

    code = "storage_full"
    status = 403
    registry_code = "DENIED"
    oauth_code = "invalid_scope"

    def __init__(self, *, used: str, quota: str, page: str) -> None:
        super().__init__(
            f"your images take {used} of the {quota} that you may store, so nothing more can be pushed; {page} says what to do"
        )


class TooManyFailures(TokenRefused):
    """Wrong credentials, too often. Right ones still work. 429."""

    code = "too_many_failures"
    status = 429
    registry_code = "TOOMANYREQUESTS"
    oauth_code = "temporarily_unavailable"

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(f"too many wrong credentials; try again in {retry_after} seconds")
        self.retry_after = retry_after


class TokensUnavailable(TokenRefused):
    """The database or the signing key is unavailable: nobody gets a token, and nobody gets a wrong answer. 503."""

    code = "tokens_unavailable"
    status = 503
    registry_code = "UNAVAILABLE"
    oauth_code = "temporarily_unavailable"
    retry_after = 5

    def __init__(self) -> None:
        super().__init__("tokens cannot be issued right now; try again in a few seconds")
