"""Trends and forecasts are worked out by a worker, once a day for a series: no page waits for one, and none stops another."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from django.db.models import Q, QuerySet
from django.utils import timezone

from common.currencies import currency as row_of
from common.db.row_failures import isolate_failure
from marketplace.insights.findings import HORIZON, Analysis, Figure, Forecast, Line
from marketplace.insights.models import DailyFigures
from marketplace.insights.outlook import Found
from marketplace.insights.outlook_models import CountOutlook, RevenueOutlook, SeriesOutlook
from marketplace.insights.periods import days_within

MOST_DAYS: Final = 730  # what a series is analysed from costs 0.1 s of a processor
SHOWN_DAYS: Final = 90
BUDGET_SECONDS: Final = 240.0
OF_SALES: Final = (Figure.REVENUE, Figure.ORDERS)
OF_PULLS: Final = (Figure.PULLS, Figure.VIEWS)
Estimates = TypeVar("Estimates", Line, Forecast)
Outlooks = QuerySet[Any]  # of RevenueOutlook or CountOutlook


def note_series(*, first: date, last: date, figures: Collection[Figure] = tuple(Figure), again: bool = False) -> int:
    """Give each series in which something happened in these days a row, if it has none. Return how many series these are.

    Args:
        figures: revenue is one series for each currency in which something was sold.
        again: whether those that are worked out already must be worked out anew, because days in their past were derived again.
    """
    days = DailyFigures.objects.filter(day__range=(first, last), seller__isnull=False).order_by()
    noted = 0
    for figure in figures:
        rows = _rows_of(figure, days)
        _outlooks(figure).bulk_create(rows, batch_size=500, ignore_conflicts=True)
        if again:
            _outlooks(figure).filter(seller__in=days.values("seller")).update(tried_at=None)
        noted += len(rows)
    return noted


def _outlooks(figure: Figure) -> Outlooks:
    return RevenueOutlook.objects.all() if figure is Figure.REVENUE else CountOutlook.objects.filter(figure=figure)


def _rows_of(figure: Figure, days: QuerySet[DailyFigures]) -> list[SeriesOutlook]:
    if figure is Figure.REVENUE:
        money = days.exclude(currency="").filter(orders__gt=0).values_list("seller", "product", "currency").distinct()
        return [RevenueOutlook(seller_id=seller, product_id=product, currency=currency) for seller, product, currency in money]
    counted = days.filter(**{f"{figure}__gt": 0}).values_list("seller", "product").distinct()
    return [CountOutlook(seller_id=seller, product_id=product, figure=figure) for seller, product in counted]


def renew_outlooks(
    *,
    until: date,
    figures: Collection[Figure] = tuple(Figure),
    seconds: float = BUDGET_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Work out each outlook that does not know all days yet, the one that was tried longest ago first. Return how many.

    A row is marked as tried before it is: one that fails, or that ends the worker, comes last the next time.

    Args:
        until: the last whole day, whose `figures` have been derived.
        seconds: after which no further one is begun; the next run goes on.
    """
    ends, done = clock() + seconds, 0
    for outlooks, pk in _stale(until, figures):
        if clock() >= ends:
            break
        done += isolate_failure(partial(_renew, outlooks, pk, until), row=pk) or 0
    return done


def _stale(until: date, figures: Collection[Figure]) -> list[tuple[Outlooks, UUID]]:
    found = []
    for outlooks in map(_outlooks, figures):
        stale = outlooks.filter(Q(until__isnull=True) | Q(until__lt=until) | Q(tried_at__isnull=True)).order_by()
        found += [(tried_at.timestamp() if tried_at else 0.0, pk, outlooks) for tried_at, pk in stale.values_list("tried_at", "pk")]
    return [(outlooks, pk) for _, pk, outlooks in sorted(found, key=lambda each: each[:2])]


def _renew(outlooks: Outlooks, pk: UUID, until: date) -> int:
    """Work one out; return 1, or 0 if it is gone."""
    outlooks.filter(pk=pk).update(tried_at=timezone.now())
    row = outlooks.filter(pk=pk).first()
    if row is None:
        return 0
    return outlooks.filter(pk=pk).update(found=msgspec.to_builtins(_work_out(row, until)), until=until)


def _work_out(row: RevenueOutlook | CountOutlook, until: date) -> Found:
    # Only workers load numpy: it would take a tenth of a page process' memory for nothing.
    from marketplace.insights.analysis import analyse  # noqa: PLC0415  see above

    begins, values, counted = _series(row, until)
    return Found(begins, until, values[-SHOWN_DAYS:], _to_show(analyse(values, sales=counted), _rounding(row)))


def _series(row: RevenueOutlook | CountOutlook, until: date) -> tuple[date, Sequence[int], int]:
    """Return the first day, what each day brought, and how much was counted in all: from the first one on, or the first remembered."""
    within = (until - timedelta(days=MOST_DAYS - 1), until)
    rows = DailyFigures.objects.filter(seller=row.seller_id, product=row.product_id, day__range=within).order_by("day")
    days, counted = Counter[date](), 0
    for day, value, times in _of_money(rows, row.currency) if isinstance(row, RevenueOutlook) else _of_counts(rows, row.figure):
        days[day] += value
        counted += times
    begins = min(days, default=until)
    return begins, [days[day] for day in days_within(begins, until)], counted


def _of_money(rows: QuerySet[DailyFigures], currency: str) -> list[tuple[date, int, int]]:
    found = rows.filter(currency=currency).values_list("day", "paid", "refunded", "orders")
    return [(day, paid - refunded, orders) for day, paid, refunded, orders in found]


def _of_counts(rows: QuerySet[DailyFigures], figure: str) -> list[tuple[date, int, int]]:
    """Add up all currencies."""
    return [(day, count, count) for day, count in rows.filter(**{f"{figure}__gt": 0}).values_list("day", figure)]


def _rounding(row: RevenueOutlook | CountOutlook) -> Callable[[float], float]:
    """Return how estimates are rounded: to what the currency is counted in; counts to tenths, for many a product is not sold daily."""
    if isinstance(row, CountOutlook):
        return lambda value: round(value, 1)
    step = row_of(row.currency).step
    return lambda value: round(value / step) * step


def _to_show(found: Analysis, rounded: Callable[[float], float]) -> Analysis:
    """Round, so that all who show a number show the same; keep the last days of the line."""
    return replace(found, line=_last(found.line, rounded, SHOWN_DAYS), forecast=_last(found.forecast, rounded, HORIZON))


def _last(found: Estimates, rounded: Callable[[float], float], days: int) -> Estimates:
    values, low, high = ([rounded(value) for value in edge[-days:]] for edge in (found.values, found.low, found.high))
    return replace(found, values=values, low=low, high=high)
