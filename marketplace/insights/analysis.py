"""What a page shows of one daily series: its trend, its smoothed line and its next days, in one call."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from marketplace.insights.findings import Analysis, Line
from marketplace.insights.forecast import forecast_days
from marketplace.insights.regression import Numbers
from marketplace.insights.smoothing import LEAST_NEAREST, best_smooth
from marketplace.insights.trend import find_trend

LEAST_DAYS_OF_LINE: Final = LEAST_NEAREST


def analyse(days: Sequence[float], *, sales: int) -> Analysis:
    """Analyse a series. Some 0.1 s of processor time for 730 days, so keep the answer for a day rather than ask for each page.

    Args:
        days: a number for each whole day (UTC), oldest first, zero where nothing happened; today is not among them.
            Money is in minor units of one currency, and below zero on a day on which more went back than came in: nothing of that is
            expected to come again. It begins with the first day on which something could have happened.
        sales: how many sales, or pulls or views, the numbers are the sum of.
    """
    values = np.asarray(days, dtype=float)
    return Analysis(find_trend(values), _line(values), forecast_days(np.maximum(values, 0), sales=sales))


def _line(values: Numbers) -> Line:
    """Smooth a series that is never below zero: neither is its band."""
    if len(values) < LEAST_DAYS_OF_LINE:
        return Line()
    smooth = best_smooth(values)
    edges = (smooth.line, smooth.low, smooth.high)
    return Line(*(np.maximum(edge, 0).tolist() for edge in edges))
