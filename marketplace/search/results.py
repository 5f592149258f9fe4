"""A page of what a search finds, and what helps to go on from there. The number of statements does not depend on how much there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from common.db.plans import looked_up
from marketplace.products.models import Product, SearchEntry
from marketplace.products.selectors.pages import with_parts
from marketplace.search.facets import Chosen, Counted, count_choices, narrowed
from marketplace.search.query import Question, Sort, ask, matching, ordered
from marketplace.search.ranking import RANKED, best_matches

PER_PAGE: Final = 12
MOST_LISTED: Final = RANKED  # whoever turns 25 pages wants a filter
_POPULAR: Final = 3


@dataclass(frozen=True, slots=True)
class Results:
    """What was found.

    Attributes:
        products: of this page, loaded through `with_parts`. One that was stopped within the last minute is left out.
        popular: where nothing was found, what most people pull; else nothing.
    """

    question: Question
    counted: Counted
    page: Page[int]
    products: Sequence[Product]
    popular: Sequence[Product]


def find(*, text: str, chosen: Chosen, sort: Sort | None, page: str | None) -> Results:
    """Search, count, and load one page."""
    with looked_up():
        question = ask(text)
    with looked_up(sorting=False):
        counted = count_choices(matching(question), chosen)
    pages = Paginator(range(min(counted.total, MOST_LISTED)), PER_PAGE).get_page(page)
    with looked_up():
        found = _load(_listed(question, chosen, sort, begin=(pages.number - 1) * PER_PAGE)) if counted.total else []
        popular = [] if counted.total else _load(_keys(ordered(SearchEntry.objects.all(), Sort.POPULAR), 0, _POPULAR))
    return Results(question, counted, pages, found, popular)


def _listed(question: Question, chosen: Chosen, sort: Sort | None, *, begin: int) -> list[UUID]:
    if question.text and sort in {None, Sort.RELEVANCE}:
        return best_matches(question, chosen, begin=begin, most=PER_PAGE)
    return _keys(ordered(narrowed(matching(question), chosen), sort or Sort.NEWEST), begin, PER_PAGE)


def _keys(entries: QuerySet[SearchEntry], begin: int, most: int) -> list[UUID]:
    return list(entries.values_list("pk", flat=True)[begin : begin + most])


def _load(order: Sequence[UUID]) -> list[Product]:
    """Return the products in this order; those that may still be shown: whether the public gets one is decided by `offered` alone."""
    loaded = {product.pk: product for product in with_parts(Product.objects.offered().filter(pk__in=order))}
    return [loaded[pk] for pk in order if pk in loaded]
