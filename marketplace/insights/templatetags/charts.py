"""Charts in SVG: pulls by day as bars; a series as a line, beside another one as bars. Their words are HTML beside them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django import template

register = template.Library()

_DAY, _GAP, _HEIGHT, _LABELS = 20, 4, 120, 5
_WIDE, _HIGH, _BAR = 840, 240, 0.56  # a bar's part of the width that a period has
_STEPS = 4


@dataclass(frozen=True, slots=True)
class BarChart:
    """A chart with one bar for each day that has pulls.

    Attributes:
        days: every day with its count, oldest first.
    """

    days: Sequence[tuple[date, int]]

    @property
    def width(self) -> int:
        return _DAY * len(self.days)

    @property
    def height(self) -> int:
        return _HEIGHT

    @property
    def bars(self) -> str:
        """The path of an SVG of this width and height. The highest bar fills it; none is too low to be seen."""
        most = max(count for _, count in self.days)
        return "".join(
            f"M{place * _DAY + _GAP} {_HEIGHT}v-{max(1, _HEIGHT * count / most):.1f}h{_DAY - 2 * _GAP}V{_HEIGHT}z"
            for place, (_, count) in enumerate(self.days)
            if count
        )

    @property
    def labels(self) -> list[date]:
        """The days to write below the chart: the middle one of each of five equal parts."""
        part = len(self.days) // _LABELS
        return [day for day, _ in self.days][part // 2 :: part]


@register.simple_tag
def bar_chart(days: Sequence[tuple[date, int]]) -> BarChart:
    """Draw the days of `PullFigures`."""
    return BarChart(days)


@dataclass(frozen=True, slots=True)
class SeriesChart:
    """A line with an axis from zero, or from below it where a value is; behind it bars with a scale of their own.

    Attributes:
        line, bars: a value for each period, oldest first.
    """

    line: Sequence[int]
    bars: Sequence[int]

    @property
    def width(self) -> int:
        return _WIDE

    @property
    def height(self) -> int:
        return _HIGH

    @property
    def ticks(self) -> list[int]:
        """The values to write beside the chart, highest first: equal steps of 1, 2 or 5 times a power of ten."""
        low, high = min(0, *self.line), max(0, *self.line)
        step = _round_step((high - low) / _STEPS)
        return list(range(max(math.ceil(high / step), 1) * step, math.floor(low / step) * step - 1, -step))

    @property
    def grid(self) -> str:
        """The path of a line across for each tick."""
        return "".join(f"M0 {self._y(tick)}H{_WIDE}" for tick in self.ticks)

    @property
    def line_path(self) -> str:
        """The path of the line."""
        return "".join(f"{'L' if place else 'M'}{self._x(place)} {self._y(value)}" for place, value in enumerate(self.line))

    @property
    def dot(self) -> str:
        """The path of a dot at the line's end."""
        return f"M{self._x(len(self.line) - 1)} {self._y(self.line[-1])}h.01"

    @property
    def bar_path(self) -> str:
        """The path of the bars: the highest fills two thirds of the chart; none is too low to be seen."""
        most, half = max(*self.bars, 1) * 1.5, _WIDE / len(self.bars) * _BAR / 2
        return "".join(
            f"M{self._x(place) - half:g} {_HIGH}v-{max(1, _HIGH * value / most):.1f}h{2 * half:g}V{_HIGH}z"
            for place, value in enumerate(self.bars)
            if value
        )

    def _x(self, place: int) -> float:
        return round((place + 0.5) * _WIDE / len(self.line), 1)

    def _y(self, value: int) -> float:
        ticks = self.ticks
        return round(_HIGH * (ticks[0] - value) / (ticks[0] - ticks[-1]), 1)


def _round_step(least: float) -> int:
    """Return the smallest whole 1, 2 or 5 times a power of ten that is not below."""
    power: int = 10 ** max(0, math.floor(math.log10(least)) if least > 0 else 0)
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)


@register.simple_tag
def series_chart(line: Sequence[int], bars: Sequence[int]) -> SeriesChart:
    """Draw two series of the same periods."""
    return SeriesChart(line, bars)
