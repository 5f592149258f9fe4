"""The trend of what a seller has by day and its next days, as the dashboard, its CSV file and the API show them: from one stored row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

import msgspec

from marketplace.insights.findings import Analysis, Figure, Forecast, Line, Method, Trend
from marketplace.insights.outlook_models import CountOutlook, RevenueOutlook, SeriesOutlook
from marketplace.insights.periods import DAY

_NEWEST: Final = 14


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a day brings by the line or the forecast, with the ends of its interval: whole minor units, or tenths of what is counted."""

    day: date
    value: float
    low: float
    high: float


class Found(msgspec.Struct, frozen=True):
    """What a row stores.

    Attributes:
        begins, until: the first and the last day of the series.
        values: of the last days, oldest first.
        analysis: of the whole series; its line is cut to the same last days.
    """

    begins: date
    until: date
    values: Sequence[int] = msgspec.field(name="revenue")  # rows that were written when only revenue had an outlook are read on
    analysis: Analysis


@dataclass(frozen=True, slots=True)
class Outlook:
    """The outlook of one series.

    Attributes:
        currency: of revenue; empty for what is counted.
        begins, until: the first and the last day that it was made from, in UTC.
        days: the last of them, with what they brought.
        line: the smoothed series of these days with its 95 % band; empty where there are too few.
        coming: the next days with an interval that four in five should lie in; empty without a forecast.
    """

    figure: Figure
    currency: str
    begins: date
    until: date
    trend: Trend | None
    forecast: Forecast
    days: Sequence[tuple[date, int]]
    line: Sequence[Estimate]
    coming: Sequence[Estimate]

    @property
    def is_last_week(self) -> bool:
        """Whether the coming days are those of last week."""
        return self.forecast.method is Method.LAST_WEEK

    @property
    def smoothed(self) -> list[tuple[date, int, Estimate]]:
        """The last days, newest first: what each brought, and the line there. None without a line."""
        return [(day, value, each) for (day, value), each in zip(reversed(self.days), reversed(self.line), strict=False)]

    @property
    def newest(self) -> list[tuple[date, int, Estimate]]:
        """The last two weeks of `smoothed`: a whole quarter is folded away below them."""
        return self.smoothed[:_NEWEST]

    @property
    def earlier(self) -> list[tuple[date, int, Estimate]]:
        """The rest of `smoothed`."""
        return self.smoothed[_NEWEST:]


def outlooks_of(*, seller_id: UUID, product_id: UUID | None = None, currency: str | None = None) -> list[Outlook]:
    """Return the outlooks of what a seller earns in all, or with one product: one for each currency, or the one asked for. One query.

    None where nothing was sold yet, or where the worker has not come to it.
    """
    rows = RevenueOutlook.objects.filter(seller=seller_id, product=product_id, until__isnull=False).order_by("currency")
    return [_read(row) for row in (rows.filter(currency=currency) if currency else rows)]


def count_outlooks_of(*, seller_id: UUID, product_id: UUID | None = None, figure: Figure | None = None) -> list[Outlook]:
    """Return the outlooks of what is counted of a seller, or of one product: orders, pulls and views, or the one asked for. One query."""
    rows = CountOutlook.objects.filter(seller=seller_id, product=product_id, until__isnull=False).order_by("figure")
    return [_read(row) for row in (rows.filter(figure=figure) if figure else rows)]


def read_outlook(row: SeriesOutlook) -> Outlook | None:
    """Return what is found in a series; None until it is worked out for the first time."""
    return _read(row) if row.until else None


def _read(row: SeriesOutlook) -> Outlook:
    figure = Figure(row.figure) if isinstance(row, CountOutlook) else Figure.REVENUE
    currency = row.currency if isinstance(row, RevenueOutlook) else ""
    found = msgspec.convert(row.found, Found)
    first = found.until - DAY * (len(found.values) - 1)
    analysis = found.analysis
    return Outlook(
        figure=figure,
        currency=currency,
        begins=found.begins,
        until=found.until,
        trend=analysis.trend,
        forecast=analysis.forecast,
        days=[(first + DAY * place, value) for place, value in enumerate(found.values)],
        line=list(_estimates(first, analysis.line, whole=bool(currency))),
        coming=list(_estimates(found.until + DAY, analysis.forecast, whole=bool(currency))),
    )


def _estimates(first: date, found: Line | Forecast, *, whole: bool) -> Iterator[Estimate]:
    read = round if whole else float
    for place, (value, low, high) in enumerate(zip(found.values, found.low, found.high, strict=True)):
        yield Estimate(first + DAY * place, read(value), read(low), read(high))
