"""A seller's figures as a file."""

import csv
from collections.abc import Iterator
from io import StringIO

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from marketplace.selling.guards import SellerRequest, sales_required
from marketplace.selling.numbers import Numbers, numbers_of

_COUNTS = ("orders", "refunds", "checkouts", "first_pulls", "pulls", "pullers", "views")


@sales_required
@require_safe
def figures_csv(request: SellerRequest) -> HttpResponse:
    """Serve what the dashboard shows as CSV (RFC 4180): a line for each period, amounts in the currency's main unit."""
    numbers = numbers_of(request.seller, request.GET.dict())
    file = StringIO()
    csv.writer(file).writerows(_lines(numbers))
    response = HttpResponse(file.getvalue(), content_type="text/csv; charset=utf-8")
    name = f"{numbers.product.slug if numbers.product else 'all'}-by-{numbers.unit}-{numbers.figures.current.ends}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _lines(numbers: Numbers) -> Iterator[list[object]]:
    currencies = numbers.shown_currencies
    yield ["begins", "ends", *(f"{what}_{code}" for code in currencies for what in ("revenue", "refunded")), *_COUNTS]
    for each in numbers.figures.periods:
        amounts = [money.typed for code in currencies for money in (each.revenue(code), each.went_back(code))]
        yield [each.begins, each.ends, *amounts, *(getattr(each, name) for name in _COUNTS)]
