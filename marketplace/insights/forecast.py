"""The next 30 days of a daily series: its local line, damped, with its weekdays; or the same as last week where that is the better guess.

Which of the two, and how wide the interval is, is decided by what either would have said in the last eight weeks, from what was known then.
The constants were chosen, and are measured, by tools/bench/forecast.py.
"""

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from marketplace.insights.findings import (
    HORIZON,
    LEAST_DAYS,
    LEAST_DAYS_WITH_SALES,
    LEAST_SALES,
    WEEK,
    Forecast,
    Method,
    Reason,
)
from marketplace.insights.regression import Numbers
from marketplace.insights.smoothing import best_smooth, lowess

HELD_OUT_WEEKS: Final = 8
BETTER_BY: Final = 0.95  # of last week's error: what is only just better on eight weeks is often worse on the next four

_REMEMBERED: Final = 365  # days: what was earlier tells nothing of next month
_LEAST_KNOWN: Final = 28  # days before an origin
_LEAST_NEAREST: Final = 42  # days that a local line is drawn through, else it follows the last good week
_WEEKDAYS_FROM: Final = 56  # days
_PATTERN_WEEKS: Final = 13
_DAMPING: Final = 0.8  # what is left of the slope from day to day: in all it goes on for four days
# Of the past errors that an interval of 80 % must hold: origins a week apart share most of their days, so these are fewer than they seem.
_OF_PAST_ERRORS: Final = 0.86
_FLOOR: Final = 0.1  # of the level: a day on which nothing is expected is not certain to bring nothing
_LEAST_GAP: Final = 2  # days
_BY_CHANCE: Final = 0.01

Guess = Callable[[Numbers], Numbers]


def forecast_days(values: Numbers, *, sales: int) -> Forecast:
    """Forecast a series: values for each day, oldest first, none below zero; `sales`: how many sales they are the sum of."""
    if lacking := _lacking(values, sales):
        reason, count = lacking
        return Forecast(Method.NONE, reason=reason, count=count)
    line, last_week = _Trial(values, guess_by_local_line), _Trial(values, guess_last_week)
    ratio = line.error / last_week.error if last_week.error else None
    if gap := _unusual_gap(values):
        return last_week.forecast(Method.LAST_WEEK, ratio, Reason.STOPPED, gap)
    if ratio is None or ratio > BETTER_BY:
        return last_week.forecast(Method.LAST_WEEK, ratio, Reason.NO_BETTER)
    return line.forecast(Method.LOCAL_LINE, ratio)


def _lacking(values: Numbers, sales: int) -> tuple[Reason, int] | None:
    with_sales = int(np.count_nonzero(values > 0))
    if len(values) < LEAST_DAYS:
        return Reason.FEW_DAYS, len(values)
    if with_sales < LEAST_DAYS_WITH_SALES:
        return Reason.FEW_DAYS_WITH_SALES, with_sales
    return (Reason.FEW_SALES, sales) if sales < LEAST_SALES else None


def _unusual_gap(values: Numbers) -> int:
    """Return for how many days nothing has been sold, if that is longer than ever between two sales and hardly by chance; else 0.

    By chance it is as likely as that so many days in a row are all among those without a sale, of which there were so many before.
    """
    sold = np.flatnonzero(values > 0)
    gap, without = len(values) - 1 - int(sold[-1]), 1 - len(sold) / float(sold[-1] - sold[0] + 1)
    return gap if gap >= _LEAST_GAP and gap > np.diff(sold).max() - 1 and without**gap < _BY_CHANCE else 0


def guess_last_week(known: Numbers) -> Numbers:
    """Repeat the last seven days."""
    return np.resize(known[-WEEK:], HORIZON)


def guess_by_local_line(known: Numbers) -> Numbers:
    """Continue the local line of the last day with a slope that fades, add the weekdays, and never go below zero."""
    recent = known[-_REMEMBERED:]
    line = best_smooth(recent, least_nearest=_LEAST_NEAREST)
    pattern = np.zeros(WEEK)
    if len(recent) >= _WEEKDAYS_FROM:
        pattern = _weekdays(recent - line.line)
        line = lowess(recent - pattern[np.arange(-len(recent), 0) % WEEK], fraction=line.fraction)
    fading = np.cumsum(_DAMPING ** np.arange(1, HORIZON + 1))
    return np.asarray(np.maximum(line.line[-1] + line.slope[-1] * fading + np.resize(pattern, HORIZON), 0))


def _weekdays(residuals: Numbers) -> Numbers:
    """Return what each weekday adds to the line, from tomorrow's on: the mean of the last weeks without the highest and the lowest."""
    weeks = min(len(residuals) // WEEK, _PATTERN_WEEKS)
    by_weekday = np.sort(residuals[-weeks * WEEK :].reshape(weeks, WEEK), axis=0)
    return np.asarray(by_weekday[1:-1].mean(axis=0))


class _Trial:
    """What a way of guessing would have said at each of the last weeks, and how far it would have been off."""

    def __init__(self, values: Numbers, guess: Guess) -> None:
        self.guess, self.values = guess, values
        self.level = float(values[-HELD_OUT_WEEKS * WEEK :].mean()) or 1.0
        days, weeks = len(values), min(HELD_OUT_WEEKS, (len(values) - _LEAST_KNOWN) // WEEK)
        self.misses = [self._misses(days - WEEK * week) for week in range(weeks, 0, -1)]
        self.error = float(np.abs(np.concatenate([miss for miss, _ in self.misses])).mean())

    def _misses(self, origin: int) -> tuple[Numbers, Numbers]:
        """Return, for each day after an origin that has come, what was missed and the scale of that day."""
        guessed = self.guess(self.values[:origin])
        came = self.values[origin : origin + HORIZON]
        return came - guessed[: len(came)], self._scale(guessed[: len(came)])

    def _scale(self, guessed: Numbers) -> Numbers:
        """Errors grow as the root of what is expected, as those of counted sales do."""
        return np.asarray(np.sqrt(np.maximum(guessed, _FLOOR * self.level) * self.level))

    def forecast(self, method: Method, ratio: float | None, reason: Reason | None = None, count: int = 0) -> Forecast:
        """Guess the next days, with an interval from the past misses of as many weeks ahead or fewer."""
        values = self.guess(self.values)
        edges = np.array([self._edges(week) for week in range(1, HORIZON // WEEK + 2)])
        below, above = edges[np.arange(HORIZON) // WEEK].T * self._scale(values)
        low, high = np.clip(values + below, 0, values), np.maximum(values + above, values)
        return Forecast(method, values.tolist(), low.tolist(), high.tolist(), reason, count, ratio, len(self.misses))

    def _edges(self, weeks: int) -> tuple[float, float]:
        """Return the shortest interval that holds the wanted part of the scaled misses."""
        misses = np.sort(np.concatenate([(miss / scale)[: weeks * WEEK] for miss, scale in self.misses]))
        held = math.ceil(_OF_PAST_ERRORS * len(misses))
        first = int(np.argmin(misses[held - 1 :] - misses[: len(misses) - held + 1]))
        return float(misses[first]), float(misses[first + held - 1])
