"""How a program signs in to the API: `Authorization: Bearer lsp_…` with an access token of scope `api`."""

from rest_framework.authentication import BaseAuthentication


class AccessTokenAuthentication(BaseAuthentication):
    """An access token with scope `api`; `request.auth` is the token."""
