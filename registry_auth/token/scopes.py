"""The scopes that clients request: `repository:acme/db:pull,push`, in every form that real clients write.

Source: distribution, "Token Scope Documentation" (spec/auth/scope.md) and token.md. Pure: knows no Django.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from marketplace.images.oci import COMPONENT, LONGEST_NAME


class ResourceType(StrEnum):
    """The kinds of resources that can be requested."""

    REPOSITORY = "repository"
    REGISTRY = "registry"


EVERYTHING = "*"
KNOWN_ACTIONS: dict[str, frozenset[str]] = {
    ResourceType.REPOSITORY: frozenset({"pull", "push", "delete", EVERYTHING}),
    ResourceType.REGISTRY: frozenset({EVERYTHING}),
}
LONGEST_SCOPE = 400  # a name, and every action of it twice
MOST_SCOPES = 100  # entries that are read: more than any client sends, repetitions included
MOST_RESOURCES = 50  # different resources in one token

# A class in brackets is deprecated and dropped. The name may hold colons (host:port): type before the first, actions after the last.
_SCOPE = re.compile(r"([a-z0-9]+)(?:\([a-z0-9]+\))?:(.+):([^:]*)", re.ASCII)
_HOST = r"[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]{1,5})?"
_NAME = re.compile(rf"(?:{_HOST}/)?{COMPONENT}(?:/{COMPONENT})*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Scope:
    """One resource and the actions that are requested on it."""

    type: str
    name: str
    actions: frozenset[str]

    @classmethod
    def parse(cls, text: str) -> "Scope | None":
        """Return the scope that the text requests; None if nothing in it can ever be granted, which is not an error (token.md)."""
        match = _SCOPE.fullmatch(text) if len(text) <= LONGEST_SCOPE else None
        if match is None:
            return None
        kind, name, requested = match.groups()
        if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
            return None
        actions = KNOWN_ACTIONS.get(kind, frozenset()).intersection(requested.split(","))
        return cls(kind, name, actions) if actions else None


def parse_scopes(values: Iterable[str]) -> tuple[Scope, ...]:
    """Return what all `scope` parameters request together, one entry for each resource, in the order of first mention.

    Each value may hold several scopes separated by spaces. What is unknown, malformed or too much is dropped; the rest stays.
    """
    merged: dict[tuple[str, str], frozenset[str]] = {}
    for scope in _known(values):
        key = (scope.type, scope.name)
        if key in merged or len(merged) < MOST_RESOURCES:
            merged[key] = merged.get(key, frozenset()) | scope.actions
    return tuple(Scope(kind, name, actions) for (kind, name), actions in merged.items())


def _known(values: Iterable[str]) -> Iterator[Scope]:
    texts = [text for value in values for text in value.split(" ") if text]
    for text in texts[:MOST_SCOPES]:
        if scope := Scope.parse(text):
            yield scope
