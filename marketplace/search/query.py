"""Find products by words, by image names and by filters."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q, QuerySet

from marketplace.products.models import Product, ProductImage, SearchEntry
from marketplace.products.services.search_entries import SEARCH_CONFIG
from marketplace.search.references import find_references
from marketplace.search.words import LONGEST_QUERY, Query, understand

_MOST_NAMES: Final = 10  # that a pasted text may mean


class Sort(StrEnum):
    """In which order products are listed."""

    RELEVANCE = "relevance"
    SALES = "sales"
    NEWEST = "newest"
    POPULAR = "popular"
    PRICE = "price"


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody searches for.

    Attributes:
        text: as it was typed, or pasted from a terminal; empty to browse.
        query: what its words mean.
        named: products that hold an image which the text names, or have one of these names as their address.
    """

    text: str
    query: Query
    named: Sequence[UUID]

    @property
    def name(self) -> str:
        """The name that a product may have exactly: the text, its typing errors mended."""
        mended = dict(self.query.corrections)
        return " ".join(mended.get(word, word) for word in self.text.lower().split())


def ask(text: str) -> Question:
    """Read a text as people type it, or paste it from a terminal. At most two statements.

    Where the text names images, its other words say nothing about what is being searched for: they belong to a command.
    """
    plain = text.replace("\x00", "").strip()
    repositories = [reference.repository for reference in find_references(plain)[:_MOST_NAMES]]
    words = " ".join(repositories)[:LONGEST_QUERY] if repositories else plain
    return Question(plain, understand(words), _products_called(repositories) if repositories else [])


def matching(question: Question) -> QuerySet[SearchEntry]:
    """Return the entries of what was asked for, in no order; of everything on offer, if nothing was."""
    if not question.text:
        return SearchEntry.objects.all()
    hits = Q(document=words_of(question))
    return SearchEntry.objects.filter(hits | Q(pk__in=question.named) if question.named else hits)


def ordered(entries: QuerySet[SearchEntry], sort: Sort) -> QuerySet[SearchEntry]:
    """Put entries in an order that does not depend on the question: the newest first where nothing else is asked for."""
    first = {Sort.SALES: ("-sales",), Sort.POPULAR: ("-pulls",), Sort.PRICE: ("cost",)}.get(sort, ())
    return entries.order_by(*first, "-published_at", "product_id")


def words_of(question: Question) -> SearchQuery:
    """Return the question's words as PostgreSQL is asked for them."""
    return SearchQuery(question.query.tsquery, config=SEARCH_CONFIG, search_type="raw")


def _products_called(repositories: list[str]) -> list[UUID]:
    """Return the products that contain an image with one of these names, or have one as their address."""
    addresses = Q()
    for namespace, _, slug in (repository.partition("/") for repository in repositories):
        addresses |= Q(namespace__name=namespace, slug=slug)
    holding = ProductImage.objects.filter(image__repository__in=repositories).values_list("product", flat=True)
    return list(holding.union(Product.objects.filter(addresses).values_list("pk", flat=True)))
