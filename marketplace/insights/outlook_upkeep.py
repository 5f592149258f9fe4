"""Trends and forecasts of revenue are worked out by a worker, once a day for a series: no page waits for one, and none stops another."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Final, TypeVar
from uuid import UUID

import msgspec
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from common.currencies import currency as row_of
from common.db.row_failures import isolate_failure
from marketplace.insights.findings import HORIZON, Analysis, Forecast, Line
from marketplace.insights.models import DailyFigures, RevenueOutlook
from marketplace.insights.outlook import Found
from marketplace.insights.periods import days_within

MOST_DAYS: Final = 730  # what a series is analysed from costs 0.1 s of a processor
SHOWN_DAYS: Final = 90
BUDGET_SECONDS: Final = 240.0
Estimates = TypeVar("Estimates", Line, Forecast)


def note_series(*, first: date, last: date, again: bool = False) -> int:
    """Give each series of revenue in which something was sold in these days a row, if it has none. Return how many series these are.

    Args:
        again: whether those that are worked out already must be worked out anew, because days in their past were derived again.
    """
    money = DailyFigures.objects.filter(day__range=(first, last), seller__isnull=False).exclude(currency="").order_by()
    series = money.filter(orders__gt=0).values_list("seller", "product", "currency").distinct()
    rows = [RevenueOutlook(seller_id=seller, product_id=product, currency=currency) for seller, product, currency in series]
    RevenueOutlook.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
    if again:
        RevenueOutlook.objects.filter(seller__in=money.values("seller")).update(tried_at=None)
    return len(rows)


def renew_outlooks(*, until: date, seconds: float = BUDGET_SECONDS, clock: Callable[[], float] = time.monotonic) -> int:
    """Work out each outlook that does not know all days yet, the one that was tried longest ago first. Return how many.

    A row is marked as tried before it is: one that fails, or that ends the worker, comes last the next time.

    Args:
        until: the last whole day, whose sales have been derived.
        seconds: after which no further one is begun; the next run goes on.
    """
    ends, done = clock() + seconds, 0
    for pk in list(_stale(until).values_list("pk", flat=True)):
        if clock() >= ends:
            break
        done += isolate_failure(partial(_renew, pk, until), row=pk) or 0
    return done


def _stale(until: date) -> "QuerySet[RevenueOutlook]":
    stale = RevenueOutlook.objects.filter(Q(until__isnull=True) | Q(until__lt=until) | Q(tried_at__isnull=True))
    return stale.order_by(F("tried_at").asc(nulls_first=True), "pk")


def _renew(pk: UUID, until: date) -> int:
    """Work one out; return 1, or 0 if it is gone."""
    RevenueOutlook.objects.filter(pk=pk).update(tried_at=timezone.now())
    row = RevenueOutlook.objects.filter(pk=pk).first()
    if row is None:
        return 0
    return RevenueOutlook.objects.filter(pk=pk).update(found=msgspec.to_builtins(_work_out(row, until)), until=until)


def _work_out(row: RevenueOutlook, until: date) -> Found:
    # Here, so that only workers load numpy: it would take a tenth of a page process' memory for nothing.
    from marketplace.insights.analysis import analyse  # noqa: PLC0415

    begins, revenue, sales = _series(row, until)
    return Found(begins, until, revenue[-SHOWN_DAYS:], _to_show(analyse(revenue, sales=sales), row.currency))


def _series(row: RevenueOutlook, until: date) -> tuple[date, Sequence[int], int]:
    """Return the first day, what each day brought, and how many sales these are: from the first one on, or the first that is remembered."""
    within = (until - timedelta(days=MOST_DAYS - 1), until)
    rows = DailyFigures.objects.filter(seller=row.seller_id, product=row.product_id, currency=row.currency, day__range=within)
    days, sales = Counter[date](), 0
    for day, paid, refunded, orders in rows.order_by("day").values_list("day", "paid", "refunded", "orders"):
        days[day] = paid - refunded
        sales += orders
    begins = min(days, default=until)
    return begins, [days[day] for day in days_within(begins, until)], sales


def _to_show(found: Analysis, currency: str) -> Analysis:
    """Round to what the currency is counted in, so that all who show a number show the same; keep the last days of the line."""
    step = row_of(currency).step
    return replace(found, line=_rounded(found.line, step, SHOWN_DAYS), forecast=_rounded(found.forecast, step, HORIZON))


def _rounded(found: Estimates, step: int, last: int) -> Estimates:
    values, low, high = ([round(value / step) * step for value in edge[-last:]] for edge in (found.values, found.low, found.high))
    return replace(found, values=values, low=low, high=high)
