"""How a program signs in to the API: `Authorization: Bearer lsp_…` with an access token of scope `api`."""

from django.utils.translation import gettext
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from accounts.people.models import User
from accounts.tokens import secrets
from accounts.tokens.models import AccessToken, TokenScope
from accounts.tokens.selectors import find_live_token, note_token_use


class AccessTokenAuthentication(BaseAuthentication):
    """Accepts an access token with scope `api`; `request.auth` is the token, `request.user` its user with the account joined."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        """Return user and token; None without a Bearer header.

        Raises:
            AuthenticationFailed: the token is unknown or has ended, or its user is disabled: one answer for all of these (401).
            PermissionDenied: it lacks the scope `api` (403; RFC 6750, section 3.1 insufficient_scope).
        """
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        secret = secret.strip()
        # Identity tokens are for registry clients: what docker stores on disk must not open the API.
        token = find_live_token(secret) if secrets.is_access_token(secret) else None
        if token is None or token.user is None:
            raise AuthenticationFailed(gettext("This is no valid access token. Make one on your account page, with scope api."))
        if TokenScope.API not in token.scopes:
            raise PermissionDenied(gettext("This access token lacks the scope api. Make one that has it on your account page."))
        note_token_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002  DRF passes it
        return 'Bearer realm="Layerstore API"'


class AccessTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # drf-spectacular's metaclass is untyped
    """How the OpenAPI document describes it; defining the class registers it."""

    target_class = AccessTokenAuthentication
    name = "accessToken"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:  # noqa: ARG002  drf-spectacular passes it
        return {"type": "http", "scheme": "bearer", "description": "An access token (`lsp_…`) with scope `api`."}
