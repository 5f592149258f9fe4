"""A seller's figures, and what they lead to, as files."""

from collections.abc import Iterator

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from common.money import Money
from common.web.csv_files import csv_file
from marketplace.insights.outlook import Estimate, Outlook
from marketplace.selling.guards import SellerRequest, sales_required
from marketplace.selling.numbers import Numbers, numbers_of

_COUNTS = ("orders", "refunds", "checkouts", "first_pulls", "pulls", "pullers", "views")
_EDGES = ("smoothed", "smoothed_low", "smoothed_high", "forecast", "forecast_low", "forecast_high")
_NO_AMOUNTS = [""] * 3


@sales_required
@require_safe
def figures_csv(request: SellerRequest) -> HttpResponse:
    """Serve what the dashboard shows as CSV (RFC 4180): a line for each period, amounts in the currency's main unit."""
    numbers = numbers_of(request.seller, request.GET.dict())
    return csv_file(_lines(numbers), name=f"{_whose(numbers)}-by-{numbers.unit}-{numbers.figures.current.ends}")


@sales_required
@require_safe
def outlook_csv(request: SellerRequest) -> HttpResponse:
    """Serve the smoothed line and the forecast of the revenue in one currency as CSV: a line for each day, the coming ones last."""
    numbers = numbers_of(request.seller, request.GET.dict())
    return csv_file(_days(numbers.outlook), name=f"{_whose(numbers)}-outlook-{numbers.currency}-{numbers.figures.current.ends}")


def _whose(numbers: Numbers) -> str:
    return numbers.product.slug if numbers.product else "all"


def _lines(numbers: Numbers) -> Iterator[list[object]]:
    currencies = numbers.shown_currencies
    yield ["begins", "ends", *(f"{what}_{code}" for code in currencies for what in ("revenue", "refunded")), *_COUNTS]
    for each in numbers.figures.periods:
        amounts = [money.typed for code in currencies for money in (each.revenue(code), each.went_back(code))]
        yield [each.begins, each.ends, *amounts, *(getattr(each, name) for name in _COUNTS)]


def _days(outlook: Outlook | None) -> Iterator[list[object]]:
    yield ["day", "revenue", *_EDGES]
    if outlook is None:
        return
    smoothed = {each.day: _amounts(each, outlook.currency) for each in outlook.line}
    for day, revenue in outlook.days:
        yield [day, Money(revenue, outlook.currency).typed, *smoothed.get(day, _NO_AMOUNTS), *_NO_AMOUNTS]
    for each in outlook.coming:
        yield [each.day, "", *_NO_AMOUNTS, *_amounts(each, outlook.currency)]


def _amounts(each: Estimate, currency: str) -> list[str]:
    return [Money(value, currency).typed for value in (each.value, each.low, each.high)]
