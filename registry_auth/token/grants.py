"""What is granted of a request: requested ∩ what the marketplace allows ∩ what the credential may be used for. The default is nothing."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence

from accounts.tokens.models import TokenScope
from marketplace.entitlements.policy import Action
from registry_auth.token.scopes import EVERYTHING, ResourceType, Scope
from registry_auth.token.signing import AccessEntry

CATALOGUE = "catalog"
MOST_ACCESS_BYTES = 4096  # of JSON; with certificate and signature the token then fits the 8 KiB that servers accept as one header line
_encode = json.JSONEncoder().encode
_USES: dict[str, frozenset[Action]] = {
    # A push reads what is there before it writes (distribution#2932), so a push credential may pull where its owner may push.
    TokenScope.PUSH: frozenset({Action.PUSH, Action.DELETE}),
    TokenScope.PULL: frozenset({Action.PULL}),
}
ANONYMOUS_USE = (TokenScope.PULL,)


def repositories_of(scopes: Iterable[Scope]) -> list[str]:
    """Return the repositories that the scopes name, so that one query answers for all of them."""
    return [scope.name for scope in scopes if scope.type == ResourceType.REPOSITORY]


def grant(
    scopes: Iterable[Scope], *, allowed: Mapping[str, Collection[Action]], use: Collection[str], reads_catalogue: bool
) -> list[AccessEntry]:
    """Return the `access` claim: sorted, one entry for each resource, never without actions, never wider than what is allowed.

    Args:
        allowed: what the marketplace's policy allows, by repository.
        use: the credential's scopes.
        reads_catalogue: whether the subject may list the registry's repositories.
    """
    uses = frozenset[Action]().union(*(_USES.get(scope, ()) for scope in use))
    entries: list[AccessEntry] = []
    room = MOST_ACCESS_BYTES
    for scope in scopes:
        actions = _granted(scope, frozenset(allowed.get(scope.name, ())), uses, reads_catalogue=reads_catalogue)
        entry = AccessEntry(type=scope.type, name=scope.name, actions=sorted(actions))
        if not actions:
            continue
        room -= len(_encode(entry))
        if room >= 0:
            entries.append(entry)
    return sorted(entries, key=lambda entry: (entry["type"], entry["name"]))


def lone_refused_pull(scopes: Sequence[Scope], *, allowed: Mapping[str, Collection[Action]]) -> str | None:
    """Return the repository if one pull of it is all that was requested, and it is refused.

    Only a lone pull: a push, a mount and a build request several things, and go on without the one that they do not get. A name that
    nobody reserved counts too: looking for where to buy it takes a query, and its time must not tell which names are reserved.
    """
    match scopes:
        case [Scope(type=ResourceType.REPOSITORY, name=name, actions=actions)] if actions == {Action.PULL}:
            return name if Action.PULL not in allowed.get(name, ()) else None
        case _:
            return None


def _granted(scope: Scope, allowed: frozenset[Action], uses: frozenset[Action], *, reads_catalogue: bool) -> frozenset[str]:
    if scope.type == ResourceType.REGISTRY:
        # `*` is granted here alone: distribution wants exactly this to list repositories, and nothing else of type registry.
        reads = reads_catalogue and scope.name == CATALOGUE and Action.PULL in uses
        return frozenset({EVERYTHING}) if reads else frozenset()
    granted = allowed & uses if EVERYTHING in scope.actions else allowed & uses & scope.actions
    return granted | (allowed & {Action.PULL}) if Action.PUSH in granted else granted
