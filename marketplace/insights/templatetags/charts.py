"""Pulls by day as a bar chart in SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django import template

register = template.Library()

_DAY, _GAP, _HEIGHT, _LABELS = 20, 4, 120, 5


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
