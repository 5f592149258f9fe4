"""Our own worker before the token endpoint: what it shows, who it is then, and what it may do."""

from collections.abc import Iterable
from datetime import datetime

from accounts.tokens.models import TokenScope
from accounts.tokens.secrets import is_service_secret
from marketplace.entitlements.policy import Action
from registry_auth.client.credentials import Credentials
from registry_auth.client.identity import SERVICE_USER
from registry_auth.token import grants
from registry_auth.token.scopes import Scope
from registry_auth.token.signing import AccessEntry

_ACTIONS = frozenset({Action.PULL, Action.DELETE})  # it reads what was pushed and removes what was taken down; it never writes
_USE = (TokenScope.PULL, TokenScope.PUSH)


def is_service(shown: Credentials | None, *, now: datetime) -> bool:
    """Whether one of our own programs asks. Needs no query."""
    return shown is not None and shown.username == SERVICE_USER and is_service_secret(shown.secret, now=now)


def grant_to_service(scopes: Iterable[Scope]) -> list[AccessEntry]:
    """Return the `access` claim for our own programs: the catalogue, and pull and delete on any repository."""
    asked = tuple(scopes)
    return grants.grant(asked, allowed=dict.fromkeys(grants.repositories_of(asked), _ACTIONS), use=_USE, reads_catalogue=True)
