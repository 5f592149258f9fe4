"""What search engines are told of the shop's addresses, in parts of bounded size (sitemaps.org, protocol 0.9).

A part costs one query, and the index two, however many products there are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from common.web.links import absolute
from marketplace.images.models import Namespace
from marketplace.products.models import Category, Product

PART: Final = 10_000  # addresses; the protocol allows 50,000 and 50 MB
_NAMESPACE: Final = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_PAGES: Final = ("home", "search", "how", "help_docker", "help_kubernetes", "help_ci")


@dataclass(frozen=True, slots=True)
class Entry:
    """An address, and when what stands there was last changed, if that is known."""

    address: str
    changed_at: datetime | None = None


def sitemap_index() -> str:
    """List the parts."""
    parts = [("pages", 1), *_numbered("shops", _shops()), *_numbered("products", _products())]
    entries = (Entry(absolute("marketplace:sitemap_part", kind, number)) for kind, number in parts)
    return _document("sitemapindex", "sitemap", entries)


def sitemap_part(kind: str, number: int) -> str | None:
    """List the addresses of one part; None if there is no such part."""
    entries = list(_entries(kind, slice((number - 1) * PART, number * PART)))
    return _document("urlset", "url", entries) if entries else None


def _entries(kind: str, part: slice) -> Iterator[Entry]:
    match kind:
        case "products":
            for namespace, slug, changed_at in _products().order_by("pk").values_list("namespace__name", "slug", "updated_at")[part]:
                yield Entry(absolute("marketplace:product", namespace, slug), changed_at)
        case "shops":
            for name in _shops().order_by("pk").values_list("name", flat=True)[part]:
                yield Entry(absolute("marketplace:shop", name))
        case _:
            yield from list(_pages())[part]


def _pages() -> Iterator[Entry]:
    for name in _PAGES:
        yield Entry(absolute(f"marketplace:{name}"))
    shelves = Category.objects.filter(Exists(Product.objects.offered().filter(category=OuterRef("pk"))))
    for slug in shelves.values_list("pk", flat=True):
        yield Entry(absolute("marketplace:category", slug))


def _products() -> QuerySet[Product]:
    return Product.objects.visible()


def _shops() -> QuerySet[Namespace]:
    return Namespace.objects.filter(Exists(Product.objects.visible().filter(namespace=OuterRef("pk"))))


def _numbered(kind: str, rows: QuerySet[Product] | QuerySet[Namespace]) -> list[tuple[str, int]]:
    return [(kind, number + 1) for number in range(-(-rows.count() // PART))]


def _document(root: str, element: str, entries: Iterator[Entry] | list[Entry]) -> str:
    rows = "".join(f"<{element}><loc>{escape(one.address)}</loc>{_changed(one)}</{element}>\n" for one in entries)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {_NAMESPACE}>\n{rows}</{root}>\n'


def _changed(entry: Entry) -> str:
    return f"<lastmod>{entry.changed_at.isoformat(timespec='seconds')}</lastmod>" if entry.changed_at else ""


def robots() -> str:
    """Say which addresses crawlers may read (RFC 9309): the shop window, and no page that is somebody's own or costs a search."""
    private = ("account", "admin", "api", "auth", "billing", "currency", "language", "library", "orders", "selling", "theme", "v2", "why")
    rules = [f"Disallow: /{name}/" for name in private]
    search = reverse("marketplace:search")
    return "\n".join(["User-agent: *", *rules, f"Disallow: {search}?", f"Sitemap: {absolute('marketplace:sitemap')}", ""])
