"""Does a daily series grow? A straight line through all of its days, and how far that line can be trusted."""

from typing import Final

import numpy as np

from marketplace.insights.findings import Trend
from marketplace.insights.regression import Numbers, least_squares

LEAST_DAYS: Final = 28
WEEKDAYS_FROM: Final = 56  # days: with fewer, seven levels are guessed from too little
_ROUNDING: Final = 1e-9  # of the largest value: less growth over all days than this is none


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


def _design(days: int) -> Numbers:
    time = np.arange(days, dtype=float)
    columns = [np.ones(days), time - time.mean()]
    if days >= WEEKDAYS_FROM:
        columns += [(time % 7 == weekday).astype(float) for weekday in range(1, 7)]
    return np.column_stack(columns)
