"""Searching and browsing, with filters that stand in the address."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.views.decorators.http import require_safe

from marketplace.covers.selectors import Shape
from marketplace.search.facets import FILTERS, Choice, read_filters
from marketplace.search.forms import SORTS, SearchForm
from marketplace.search.query import Sort
from marketplace.search.results import find
from marketplace.search.suggestions import suggest
from marketplace.shopwindow.listings import list_products


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
    results = find(text=query, chosen=read_filters(request.GET.getlist), sort=Sort(sort) if sort else None, page=request.GET.get("page"))
    choices = results.counted.choices
    chips = _chips(choices)
    context = {
        "query": query,
        "sort": sort or (Sort.RELEVANCE if query else Sort.NEWEST),
        "sorts": SORTS if query else SORTS[1:],
        "page": results.page,
        "listings": list_products(results.products, Shape.LINE),
        "total": results.counted.total,
        "meant": results.question.query,
        "filters": _fieldsets(choices),
        "chips": chips,
        "kept": [(name, value) for name, values in request.GET.lists() if name not in {"sort", "page"} for value in values],
        "drops": [(one.legend, one.name, results.counted.without[one.name]) for one in FILTERS if results.counted.without.get(one.name)],
        "popular": list_products(results.popular, Shape.LINE),
    }
    return render(request, "marketplace/search.html", context)


@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """Tell the script beside the search field what may be meant."""
    return JsonResponse({"suggestions": [asdict(one) for one in suggest(request.GET.get("q", ""))]})


def _fieldsets(choices: Mapping[str, Sequence[Choice]]) -> list[tuple[str | Promise, str, Sequence[Choice]]]:
    return [(one.legend, one.name, choices[one.name]) for one in FILTERS]


def _chips(choices: Mapping[str, Sequence[Choice]]) -> list[Chip]:
    return [Chip(name, choice.value, choice.label) for _, name, several in _fieldsets(choices) for choice in several if choice.checked]
