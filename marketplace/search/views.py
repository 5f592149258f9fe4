"""Searching and browsing, with filters that stand in the address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from marketplace.covers.selectors import Shape
from marketplace.images.platforms import platform_named
from marketplace.products.selectors.pages import with_parts
from marketplace.search.facets import PLATFORMS, PRICES, Choice, Filters, choices_of
from marketplace.search.forms import SORTS, SearchForm
from marketplace.search.query import Sort, search_products
from marketplace.shopwindow.listings import list_products

_PER_PAGE = 12


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in use, and the parameter that takes it off."""

    name: str
    value: str
    label: str


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """List what is offered, by words and filters."""
    form = SearchForm(request.GET)
    form.is_valid()
    query, sort = form.cleaned_data.get("q", ""), form.cleaned_data.get("sort", "")
    chosen = _filters(request)
    found = search_products(query=query, sort=Sort(sort) if sort else None)
    page = Paginator(with_parts(chosen.apply(found)), _PER_PAGE).get_page(request.GET.get("page"))
    choices = choices_of(found, chosen)
    context = {
        "query": query,
        "sort": sort or (Sort.RELEVANCE if query else Sort.NEWEST),
        "sorts": SORTS if query else SORTS[1:],
        "page": page,
        "listings": list_products(list(page.object_list), Shape.LINE),
        "total": page.paginator.count,
        "filters": _fieldsets(choices),
        "chips": _chips(choices),
        "kept": [(name, value) for name, values in request.GET.lists() if name not in {"sort", "page"} for value in values],
    }
    return render(request, "marketplace/search.html", context)


def _filters(request: HttpRequest) -> Filters:
    return Filters(
        categories=[slug for slug in request.GET.getlist("category") if slug.isprintable()],
        prices=[price for price, _ in PRICES if price in request.GET.getlist("price")],
        platforms=[platform for platform in PLATFORMS if platform in map(platform_named, request.GET.getlist("platform"))],
    )


def _fieldsets(choices: Mapping[str, Sequence[Choice]]) -> list[tuple[str, str, Sequence[Choice]]]:
    return [
        ("Category", "category", choices["categories"]),
        ("Price", "price", choices["prices"]),
        ("Platform", "platform", choices["platforms"]),
    ]


def _chips(choices: Mapping[str, Sequence[Choice]]) -> list[Chip]:
    return [Chip(name, choice.value, choice.label) for _, name, several in _fieldsets(choices) for choice in several if choice.checked]
