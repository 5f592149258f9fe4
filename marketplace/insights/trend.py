"""Does a daily series grow? A straight line through all of its days, and how far that line can be trusted."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from marketplace.insights.regression import LAG, Numbers, least_squares

LEAST_DAYS: Final = 28
WEEKDAYS_FROM: Final = 56  # days: with fewer, seven levels are guessed from too little
_ROUNDING: Final = 1e-9  # of the largest value: less growth over all days than this is none


@dataclass(frozen=True, slots=True)
class Trend:
    """The slope of the line, with an interval that holds the true one with 95 %.

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


def find_trend(values: Numbers) -> Trend | None:
    """Fit values, one for each day and oldest first, on time, and on the weekday where there are eight weeks. None below four weeks."""
    days = len(values)
    if days < LEAST_DAYS:
        return None
    fit = least_squares(_design(days), values)
    slope = float(fit.coefficients[1])
    if abs(slope) * days <= _ROUNDING * np.abs(values).max():
        slope = 0.0
    return Trend(days, slope, float(fit.errors_under_autocorrelation()[1]))


def critical_value(days: int) -> float:
    """Return how many standard errors the 95 % interval reaches to each side, when the lag is no small part of the days.

    Kiefer and Vogelsang, Econometric Theory 21 (2005), table 1, for Bartlett's weights: the normal 1.96 is right for endless series alone.
    """
    part = (LAG + 1) / days
    return 1.9600 + 2.9694 * part + 0.4160 * part**2 - 0.5324 * part**3


def _design(days: int) -> Numbers:
    time = np.arange(days, dtype=float)
    columns = [np.ones(days), time - time.mean()]
    if days >= WEEKDAYS_FROM:
        columns += [(time % 7 == weekday).astype(float) for weekday in range(1, 7)]
    return np.column_stack(columns)
