"""Locally weighted linear regression (Cleveland, JASA 74, 1979; 368: 829-836) of a value for each day.

Days are evenly spaced, so all days that are far enough from both ends have the same weights: their sums are one correlation.
Only the days at the ends need rows of their own, and the right end is the left one in a mirror.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from marketplace.insights.regression import Numbers

ROBUST_STEPS: Final = 3
FRACTIONS: Final = (0.1, 0.15, 0.2, 0.3, 0.45, 0.67, 1.0)
LEAST_NEAREST: Final = 21  # days: fewer would take the days of a week for a line
NORMAL_95: Final = 1.959964
_NO_REGRESSION: Final = 1e-12  # fewer than two days have a weight


@dataclass(frozen=True, slots=True)
class Smooth:
    """A smoothed series.

    Attributes:
        fraction: of the days, which each local line was drawn through.
        line: for each day, the value of its local line there.
        slope: of that line, by day.
        leave_one_out: what the day's value would miss the line by if the day had not been known.
        error: standard error of the line, if the days' errors are independent.
    """

    fraction: float
    line: Numbers
    slope: Numbers
    leave_one_out: Numbers
    error: Numbers

    @property
    def low(self) -> Numbers:
        """Lower edge of the band that holds the line with 95 % at each day."""
        return self.line - NORMAL_95 * self.error

    @property
    def high(self) -> Numbers:
        """Upper edge of that band."""
        return self.line + NORMAL_95 * self.error


def best_smooth(values: Numbers, *, least_nearest: int = LEAST_NEAREST) -> Smooth:
    """Smooth with the fraction that leaves the least mean absolute leave-one-out error.

    Args:
        values: one for each day, oldest first, at least two.
        least_nearest: days that each local line is drawn through at least, where there are as many.
    """
    fractions = [fraction for fraction in FRACTIONS if fraction * len(values) >= least_nearest] or [1.0]
    return min((lowess(values, fraction=fraction) for fraction in fractions), key=_mean_miss)


def _mean_miss(smoothed: Smooth) -> float:
    return float(np.abs(smoothed.leave_one_out).mean())


def lowess(values: Numbers, *, fraction: float, steps: int = ROBUST_STEPS) -> Smooth:
    """Draw a local line through the nearest `fraction` of the days at each day: tricube weights, then `steps` bisquare reweightings."""
    count = len(values)
    window = _Window(min(max(int(fraction * count + 1e-10), 2), count))
    weights = np.ones(count)
    for step in range(steps + 1):
        fit = _LocalLines(window, values, weights)
        if step < steps:
            weights = bisquare(values - fit.line)
    return Smooth(fraction, fit.line, fit.slope, fit.leave_one_out, fit.standard_errors())


def bisquare(residuals: Numbers) -> Numbers:
    """Return the weights of the next step: 1 for what lies on the line, 0 from six times the median residual on."""
    sizes = np.abs(residuals)
    median = np.median(sizes)
    scaled = sizes / (6 * median) if median else np.sign(sizes)
    return np.asarray((1 - np.minimum(scaled, 1) ** 2) ** 2)


class _Window:
    """Tricube weights of the `nearest` days around each day, and sums over them."""

    def __init__(self, nearest: int) -> None:
        self.nearest, self.before = nearest, nearest // 2
        self.after = nearest - self.before - 1
        rows, columns = np.arange(self.before), np.arange(nearest)
        self.ends = _tricube((columns - rows[:, np.newaxis]) / (nearest - 1 - rows[:, np.newaxis]))
        self.end_distances = (columns - rows[:, np.newaxis]).astype(float)
        self.distances = (columns - self.before).astype(float)
        self.middle = _tricube(self.distances / max(self.before, 1))

    def sums(self, vectors: Numbers, highest: int, *, squared: bool = False) -> Numbers:
        """For each power of the distance up to the highest, each vector and each day, add up weight x distance^power x vector.

        Returns an array of powers, vectors and days.
        """
        ends, middle = (self.ends**2, self.middle**2) if squared else (self.ends, self.middle)
        parts = []
        for power in range(highest + 1):
            # Not by @: its library starts threads for matrices of this size, which wait for each other where cores are shared.
            left = np.einsum("vn,dn->vd", vectors[:, : self.nearest], ends)
            right = np.einsum("vn,dn->vd", vectors[:, : -self.nearest - 1 : -1], ends[: self.after])
            inner = [np.correlate(vector, middle, "valid") for vector in vectors]
            parts.append(np.hstack([left, inner, (-1) ** power * right[:, ::-1]]))
            ends, middle = ends * self.end_distances, middle * self.distances
        return np.array(parts)


class _LocalLines:
    """The local line of each day, in closed form from the sums of its window."""

    def __init__(self, window: _Window, values: Numbers, weights: Numbers) -> None:
        self.window, self.values, self.weights = window, values, weights
        sums = window.sums(np.stack([weights, weights * values]), 2)
        (self.zeroth, zeroth_values), (self.first, first_values), (self.second, _) = sums
        determinant = self.zeroth * self.second - self.first**2
        self.fits = determinant > _NO_REGRESSION * self.zeroth**2
        self.safe = np.where(self.fits, determinant, 1)
        self.line = np.where(self.fits, (self.second * zeroth_values - self.first * first_values) / self.safe, values)
        self.slope = np.where(self.fits, (self.zeroth * first_values - self.first * zeroth_values) / self.safe, 0)
        self.own = np.where(self.fits, weights * self.second / self.safe, 0)  # what a day weighs in its own line

    @property
    def leave_one_out(self) -> Numbers:
        return np.asarray((self.values - self.line) / np.maximum(1 - self.own, _NO_REGRESSION))

    def standard_errors(self) -> Numbers:
        """Return the line's: the days' variance, times the sum of squares of what each day weighs in it."""
        [zeroth], [first], [second] = self.window.sums(self.weights[np.newaxis] ** 2, 2, squared=True)
        shares = (self.second**2 * zeroth - 2 * self.first * self.second * first + self.first**2 * second) / self.safe**2
        freedom = max(self.weights.sum() - self.own.sum(), 1)
        variance = self.weights @ (self.values - self.line) ** 2 / freedom
        return np.asarray(np.sqrt(np.maximum(np.where(self.fits, shares, 1) * variance, 0)))


def _tricube(distances: Numbers) -> Numbers:
    return np.asarray((1 - np.minimum(np.abs(distances), 1) ** 3) ** 3)
