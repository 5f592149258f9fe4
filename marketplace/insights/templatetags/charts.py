"""Charts in SVG: pulls by day as bars; a series as a line, beside another one as bars; an outlook. Their words are HTML beside them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django import template

from marketplace.insights.outlook import Estimate, Outlook

register = template.Library()

_DAY, _GAP, _HEIGHT, _LABELS = 20, 4, 120, 5
_WIDE, _HIGH, _BAR = 840, 240, 0.56  # a bar's part of the width that a period has
_STEPS = 4
_DAYS_OF_LABEL = 10


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
class Axes:
    """Equal parts across, and an axis from zero, or from below it where a value is.

    Attributes:
        parts: how many.
        low, high: the least and the largest value that is drawn.
    """

    parts: int
    low: float
    high: float

    @property
    def ticks(self) -> list[int]:
        """The values to write beside the chart, highest first: equal steps of 1, 2 or 5 times a power of ten."""
        low, high = min(0, self.low), max(0, self.high)
        step = _round_step((high - low) / _STEPS)
        return list(range(max(math.ceil(high / step), 1) * step, math.floor(low / step) * step - 1, -step))

    @property
    def grid(self) -> str:
        """The path of a line across for each tick."""
        return "".join(f"M0 {self.y(tick)}H{_WIDE}" for tick in self.ticks)

    def x(self, place: int) -> float:
        """Return the middle of a part."""
        return round((place + 0.5) * _WIDE / self.parts, 1)

    def y(self, value: float) -> float:
        """Return how far below the upper edge a value lies."""
        ticks = self.ticks
        return round(_HIGH * (ticks[0] - value) / (ticks[0] - ticks[-1]), 1)

    def line(self, values: Sequence[float], first: int = 0) -> str:
        """Return the path through a value of each part, from the first one on."""
        return "".join(f"{'L' if place else 'M'}{self.x(first + place)} {self.y(value)}" for place, value in enumerate(values))

    def band(self, low: Sequence[float], high: Sequence[float], first: int) -> str:
        """Return the path around what lies between two lines."""
        back = "".join(f"L{self.x(first + place)} {self.y(low[place])}" for place in reversed(range(len(low))))
        return f"{self.line(high, first)}{back}z"


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
    def axes(self) -> Axes:
        return Axes(len(self.line), min(self.line), max(self.line))

    @property
    def ticks(self) -> list[int]:
        """The values to write beside the chart, highest first."""
        return self.axes.ticks

    @property
    def grid(self) -> str:
        """The path of a line across for each tick."""
        return self.axes.grid

    @property
    def line_path(self) -> str:
        """The path of the line."""
        return self.axes.line(self.line)

    @property
    def dot(self) -> str:
        """The path of a dot at the line's end."""
        return f"M{self.axes.x(len(self.line) - 1)} {self.axes.y(self.line[-1])}h.01"

    @property
    def bar_path(self) -> str:
        """The path of the bars: the highest fills two thirds of the chart; none is too low to be seen."""
        most, half = max(*self.bars, 1) * 1.5, _WIDE / len(self.bars) * _BAR / 2
        return "".join(
            f"M{self.axes.x(place) - half:g} {_HIGH}v-{max(1, _HIGH * value / most):.1f}h{2 * half:g}V{_HIGH}z"
            for place, value in enumerate(self.bars)
            if value
        )


@dataclass(frozen=True, slots=True)
class OutlookChart:
    """What the last days brought as bars, their smoothed line with its band, and the coming days with theirs, on one axis.

    Attributes:
        days: what each of the last days brought, oldest first.
        line, coming: of the same days, and of those that follow.
    """

    days: Sequence[tuple[date, int]]
    line: Sequence[Estimate]
    coming: Sequence[Estimate]

    @property
    def width(self) -> int:
        return _WIDE

    @property
    def height(self) -> int:
        return _HIGH

    @property
    def axes(self) -> Axes:
        edges = [edge for each in (*self.line, *self.coming) for edge in (each.low, each.high)]
        drawn = [value for _, value in self.days] + edges
        return Axes(len(self.days) + len(self.coming), min(drawn), max(drawn))

    @property
    def ticks(self) -> list[int]:
        """The values to write beside the chart, highest first."""
        return self.axes.ticks

    @property
    def paths(self) -> list[tuple[str, str]]:
        """The class and the path of all that is drawn, lowest first."""
        axes, today = self.axes, len(self.days)
        found = [
            ("c-grid", axes.grid),
            ("c-band", _band(axes, self.line, 0)),
            ("c-band", _band(axes, self.coming, today) if self.coming else ""),
            ("c-bar", self._bars(axes)),
            ("c-line", axes.line([each.value for each in self.line])),
            ("c-next", axes.line([each.value for each in self.coming], today)),
            ("c-dot", f"M{axes.x(today - 1)} {axes.y(self.line[-1].value)}h.01"),
        ]
        return [(name, path) for name, path in found if path]

    @property
    def labels(self) -> list[date]:
        """The days to write below the chart, the middle ones of equal parts of about ten days."""
        days = [day for day, _ in self.days] + [each.day for each in self.coming]
        parts = len(days) // _DAYS_OF_LABEL
        return [days[int((part + 0.5) * len(days) / parts)] for part in range(parts)]

    def _bars(self, axes: Axes) -> str:
        half, zero = _WIDE / axes.parts * _BAR / 2, axes.y(0)
        return "".join(
            f"M{axes.x(place) - half:.1f} {zero}V{axes.y(value)}h{2 * half:.1f}V{zero}z"
            for place, (_, value) in enumerate(self.days)
            if value
        )


def _band(axes: Axes, found: Sequence[Estimate], first: int) -> str:
    return axes.band([each.low for each in found], [each.high for each in found], first)


def _round_step(least: float) -> int:
    """Return the smallest whole 1, 2 or 5 times a power of ten that is not below."""
    power: int = 10 ** max(0, math.floor(math.log10(least)) if least > 0 else 0)
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)


@register.simple_tag
def series_chart(line: Sequence[int], bars: Sequence[int]) -> SeriesChart:
    """Draw two series of the same periods."""
    return SeriesChart(line, bars)


@register.simple_tag
def outlook_chart(outlook: Outlook) -> OutlookChart:
    """Draw an outlook that has a line."""
    return OutlookChart(outlook.days, outlook.line, outlook.coming)
