"""A seller's figures, and what they lead to, as files."""

from collections.abc import Iterator
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.people.requests import signed_in
from common.money import Money
from common.web.csv_files import csv_file
from marketplace.insights.findings import Figure
from marketplace.insights.outlook import Estimate
from marketplace.insights.selectors import pull_figures
from marketplace.selling.guards import SellerRequest, own_image, sales_required, seller_required
from marketplace.selling.numbers import Numbers, numbers_of

_COUNTS = ("orders", "refunds", "checkouts", "renewals", "first_pulls", "pulls", "pullers", "views")
_EDGES = ("smoothed", "smoothed_low", "smoothed_high", "forecast", "forecast_low", "forecast_high")
_NO_EDGES = [""] * 3


@sales_required
@require_safe
def figures_csv(request: SellerRequest) -> HttpResponse:
    """Serve what the dashboard shows as CSV (RFC 4180): a line for each period, amounts in the currency's main unit."""
    numbers = numbers_of(request.seller, request.GET.dict())
    return csv_file(_lines(numbers), name=f"{_whose(numbers)}-by-{numbers.unit}-{numbers.figures.current.ends}")


@sales_required
@require_safe
def outlook_csv(request: SellerRequest) -> HttpResponse:
    """Serve smoothed line and forecast as CSV, of the revenue in one currency or of a count: a line for each day, the coming ones last."""
    numbers = numbers_of(request.seller, request.GET.dict())
    drawn = numbers.currency if numbers.trend_of is Figure.REVENUE else numbers.trend_of
    return csv_file(_days(numbers), name=f"{_whose(numbers)}-outlook-{drawn}-{numbers.figures.current.ends}")


@seller_required
@require_safe
def image_pulls_csv(request: SellerRequest, image_id: UUID) -> HttpResponse:
    """Serve a table of the image's page as CSV: its pulls of the last 30 days by day, or with `?by=` by tag, platform or buyer."""
    found, today = own_image(request, image_id), timezone.now().date()
    pulls = pull_figures(found, today=today, viewer_id=signed_in(request).pk)
    shares = {"tag": pulls.tags, "platform": pulls.platforms, "buyer": pulls.buyers}
    by = request.GET.get("by", "")
    by = by if by in shares else "day"
    rows = [(share.name, share.count) for share in shares[by]] if by in shares else pulls.days
    return csv_file([(by, "pulls"), *rows], name=f"{found.name}-pulls-by-{by}-{today}")


def _whose(numbers: Numbers) -> str:
    return numbers.product.slug if numbers.product else "all"


def _lines(numbers: Numbers) -> Iterator[list[object]]:
    currencies = numbers.shown_currencies
    yield ["begins", "ends", *(f"{what}_{code}" for code in currencies for what in ("revenue", "refunded")), *_COUNTS]
    for each in numbers.figures.periods:
        amounts = [money.typed for code in currencies for money in (each.revenue(code), each.went_back(code))]
        yield [each.begins, each.ends, *amounts, *(getattr(each, name) for name in _COUNTS)]


def _days(numbers: Numbers) -> Iterator[list[object]]:
    yield ["day", numbers.trend_of.value, *_EDGES]
    outlook = numbers.outlook
    if outlook is None:
        return
    smoothed = {each.day: _edges(each, outlook.currency) for each in outlook.line}
    for day, value in outlook.days:
        yield [day, _typed(value, outlook.currency), *smoothed.get(day, _NO_EDGES), *_NO_EDGES]
    for each in outlook.coming:
        yield [each.day, "", *_NO_EDGES, *_edges(each, outlook.currency)]


def _edges(each: Estimate, currency: str) -> list[str]:
    return [_typed(value, currency) for value in (each.value, each.low, each.high)]


def _typed(value: float, currency: str) -> str:
    return Money(round(value), currency).typed if currency else str(value)
