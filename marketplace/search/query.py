"""Find products by words, by image names and by filters."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import Case, F, FloatField, IntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable, CombinedExpression
from django.db.models.functions import Cast, Ln

from marketplace.products.models import Product, ProductImage, SearchEntry
from marketplace.products.services.search_entries import SEARCH_CONFIG
from marketplace.search.references import find_references
from marketplace.search.words import LONGEST_QUERY, Query, understand

_MOST_NAMES: Final = 10  # that a pasted text may mean
_WEIGHTS: Final = [0.1, 0.2, 0.4, 1.0]  # of D, C, B and A
_A_SALE: Final = 20  # pulls
_POPULARITY: Final = 0.02  # a thousand pulls lift a product by a seventh of a word in its title


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
    hits = Q(document=_words(question))
    return SearchEntry.objects.filter(hits | Q(pk__in=question.named) if question.named else hits)


def ordered(entries: QuerySet[SearchEntry], question: Question, sort: Sort | None) -> QuerySet[SearchEntry]:
    """Put entries in order; None: by relevance if there is a text, else the newest first.

    What is called exactly so comes before what only speaks of it, however often: whole names, then names in a namespace and titles.
    """
    newest: tuple[str | Combinable, ...] = ("-published_at", "product_id")
    chosen = sort or Sort.RELEVANCE
    if chosen is Sort.RELEVANCE and question.text:
        return entries.order_by(_exactness(question).desc(), _relevance(question).desc(), *newest)
    first = {Sort.SALES: ("-sales",), Sort.POPULAR: ("-pulls",), Sort.PRICE: ("cost",)}.get(chosen, ())
    return entries.order_by(*first, *newest)


def _words(question: Question) -> SearchQuery:
    return SearchQuery(question.query.tsquery, config=SEARCH_CONFIG, search_type="raw")


def _products_called(repositories: list[str]) -> list[UUID]:
    """Return the products that contain an image with one of these names, or have one as their address."""
    addresses = Q()
    for namespace, _, slug in (repository.partition("/") for repository in repositories):
        addresses |= Q(namespace__name=namespace, slug=slug)
    holding = ProductImage.objects.filter(image__repository__in=repositories).values_list("product", flat=True)
    return list(holding.union(Product.objects.filter(addresses).values_list("pk", flat=True)))


def _exactness(question: Question) -> Case:
    cases = [When(pk__in=question.named, then=Value(2))] if question.named else []
    cases.append(When(called__contains=[question.name[:LONGEST_QUERY]], then=Value(1)))
    return Case(*cases, default=Value(0), output_field=IntegerField())


def _relevance(question: Question) -> CombinedExpression:
    """How well the names match, and a little how many people use it, by the order of magnitude."""
    used = Ln(Cast(F("pulls") + F("sales") * _A_SALE + 1, FloatField()))
    return SearchRank(F("names"), _words(question), weights=_WEIGHTS) + used * _POPULARITY
