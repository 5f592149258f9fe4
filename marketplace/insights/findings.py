"""What is found in one daily series, as plain numbers: a page that shows it needs none of the arithmetic behind it, nor its library."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LAG: Final = 7  # days over which errors may depend on each other: a week
WEEK: Final = 7
HORIZON: Final = 30  # days that are forecast
LEAST_DAYS: Final = 56  # four weeks to forecast from, and four to try it on
LEAST_DAYS_WITH_SALES: Final = 42
LEAST_SALES: Final = 30


class Figure(StrEnum):
    """What has a trend and a forecast. All but revenue are columns of `DailyFigures`, and counts."""

    REVENUE = "revenue"
    ORDERS = "orders"
    PULLS = "pulls"
    VIEWS = "views"


@dataclass(frozen=True, slots=True)
class Trend:
    """The slope of a straight line through all days, with an interval that holds the true one with 95 %.

    Attributes:
        days: how many the line was drawn through.
        per_day: what a day adds.
        error: its standard error under autocorrelation.
    """

    days: int
    per_day: float
    error: float

    @property
    def per_week(self) -> float:
        return 7 * self.per_day

    @property
    def low(self) -> float:
        """The interval's lower end, by week."""
        return self.per_week - 7 * critical_value(self.days) * self.error

    @property
    def high(self) -> float:
        """The interval's upper end, by week."""
        return self.per_week + 7 * critical_value(self.days) * self.error

    @property
    def is_certain(self) -> bool:
        """Whether the interval leaves zero out: only then may a page say that something grows or falls."""
        return self.low > 0 or self.high < 0


def critical_value(days: int) -> float:
    """Return how many standard errors the 95 % interval reaches to each side, when the lag is no small part of the days.

    Kiefer and Vogelsang, Econometric Theory 21 (2005), table 1, for Bartlett's weights: the normal 1.96 is right for endless series alone.
    """
    part = (LAG + 1) / days
    return 1.9600 + 2.9694 * part + 0.4160 * part**2 - 0.5324 * part**3


@dataclass(frozen=True, slots=True)
class Line:
    """The smoothed series and its 95 % band, a value for each day; all empty if there are fewer than 21 days."""

    values: Sequence[float] = ()
    low: Sequence[float] = ()
    high: Sequence[float] = ()


class Method(StrEnum):
    """What a forecast was made by."""

    LOCAL_LINE = "local line"
    LAST_WEEK = "same as last week"
    NONE = "none"


class Reason(StrEnum):
    """Why there is no forecast from the local line."""

    FEW_DAYS = "fewer than 56 days"
    FEW_DAYS_WITH_SALES = "fewer than 42 days with sales"
    FEW_SALES = "fewer than 30 sales"
    STOPPED = "longer without a sale than ever before"
    NO_BETTER = "not better than last week"


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the next days bring.

    Attributes:
        values: one for each of the next 30 days; none if there is no forecast.
        low: with `high`, the edges of an interval that four days in five should lie in.
        reason: why it is not the local line's.
        count: of what the reason speaks of: days, days with sales, sales, or days without a sale.
        error_ratio: the local line's mean absolute error on the held-out weeks, by that of the same as last week; None where that is zero.
        held_out_weeks: how many these were, four to eight.
    """

    method: Method
    values: Sequence[float] = ()
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    reason: Reason | None = None
    count: int = 0
    error_ratio: float | None = None
    held_out_weeks: int = 0


@dataclass(frozen=True, slots=True)
class Analysis:
    """Trend, line and forecast of one series.

    Attributes:
        trend: None if there are fewer than four weeks.
    """

    trend: Trend | None
    line: Line
    forecast: Forecast
