"""Our own worker as a client of the token endpoint: how it is recognised, and what it may do."""

from collections.abc import Iterable
from datetime import datetime

from accounts.tokens.models import TokenScope
from accounts.tokens.secrets import is_service_secret
from marketplace.entitlements.policy import Action
from registry_auth.client.credentials import Credentials
from registry_auth.client.identity import SERVICE_USER
from registry_auth.token.grants import grant, repositories_of
from registry_auth.token.scopes import Scope
from registry_auth.token.signing import AccessEntry

_ACTIONS = frozenset({Action.PULL, Action.DELETE})  # it reads what was pushed and removes what was taken down; it never writes
_USE = (TokenScope.PULL, TokenScope.PUSH)


def is_service(credentials: Credentials | None, *, now: datetime) -> bool:
    """Whether the request comes from one of our own programs. Needs no query."""
    return credentials is not None and credentials.username == SERVICE_USER and is_service_secret(credentials.secret, now=now)


def grant_to_service(scopes: Iterable[Scope]) -> list[AccessEntry]:
    """Return the `access` claim for our own programs: the catalogue, and pull and delete on any repository."""
    requested = tuple(scopes)
    return grant(requested, allowed=dict.fromkeys(repositories_of(requested), _ACTIONS), use=_USE, reads_catalogue=True)
