"""The site's addresses, read from the URL configuration itself: a new one cannot be forgotten by the tests that walk over all."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True, slots=True)
class Route:
    """One address.

    Attributes:
        name: with its namespaces, as `reverse` takes it.
        pattern: as written, for messages.
        parameters: the names of what varies in it.
        view: what answers it.
    """

    name: str
    pattern: str
    parameters: frozenset[str]
    view: Callable[..., HttpResponseBase]

    def __str__(self) -> str:
        return self.name


def site_routes(urlconf: str | None = None) -> list[Route]:
    """Return every address of a URL configuration, in its order."""
    return list(_walk(get_resolver(urlconf).url_patterns, "", (), frozenset()))


def _walk(
    entries: Iterable[URLPattern | URLResolver], prefix: str, namespaces: tuple[str, ...], parameters: frozenset[str]
) -> Iterator[Route]:
    for entry in entries:
        pattern = f"{prefix}{entry.pattern}"
        found = parameters | frozenset(entry.pattern.regex.groupindex)
        if isinstance(entry, URLResolver):
            inner = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from _walk(entry.url_patterns, pattern, inner, found)
        else:
            yield Route(":".join((*namespaces, entry.name or "")), pattern, found, entry.callback)
