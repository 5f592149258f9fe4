"""A page of what a search finds, and what helps to go on from there. The number of statements does not depend on how much there is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.core.paginator import Page, Paginator

from marketplace.products.models import Product, SearchEntry
from marketplace.products.selectors.pages import with_parts
from marketplace.search.facets import Chosen, Counted, count_choices, narrowed
from marketplace.search.query import Question, Sort, ask, matching, ordered

PER_PAGE: Final = 12
MOST_LISTED: Final = 1_200  # whoever turns a hundred pages wants a filter; each further page would sort more
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
    question = ask(text)
    entries = matching(question)
    counted = count_choices(entries, chosen)
    pages = Paginator(range(min(counted.total, MOST_LISTED)), PER_PAGE).get_page(page)
    listed = ordered(narrowed(entries, chosen), question, sort)
    begin = (pages.number - 1) * PER_PAGE
    found = _load(listed.values_list("pk", flat=True)[begin : begin + PER_PAGE]) if counted.total else []
    popular = (
        [] if counted.total else _load(ordered(SearchEntry.objects.all(), question, Sort.POPULAR).values_list("pk", flat=True)[:_POPULAR])
    )
    return Results(question, counted, pages, found, popular)


def _load(keys: Iterable[UUID]) -> list[Product]:
    """Return the products in this order; those that may still be shown: whether the public gets one is decided by `offered` alone."""
    order = list(keys)
    loaded = {product.pk: product for product in with_parts(Product.objects.offered().filter(pk__in=order))}
    return [loaded[pk] for pk in order if pk in loaded]
