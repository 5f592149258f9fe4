"""Days, weeks from Monday and months, in UTC: how far back figures go, and what a period is compared with."""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from marketplace.insights.models import PullerSketch

DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)


class Unit(StrEnum):
    """What figures are added up by."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def shown(self) -> int:
        """How many periods are shown: thirty days, half a year of weeks, a year of months."""
        return {Unit.DAY: 30, Unit.WEEK: 26, Unit.MONTH: 12}[self]

    def of(self, day: date) -> date:
        """Return the first day of the period that contains a day."""
        return PullerSketch.Period(self.value).of(day)

    def before(self, begins: date) -> date:
        """Return the first day of the period before the one that begins on this day."""
        return self.of(begins - DAY)

    def last(self, begins: date) -> date:
        """Return the last day of the period that begins on this day."""
        if self is Unit.MONTH:
            return self.of(begins + timedelta(days=31)) - DAY
        return begins + timedelta(days=6 if self is Unit.WEEK else 0)

    @property
    def labelled(self) -> int:
        """How many periods share a label below a chart."""
        return {Unit.DAY: 3, Unit.WEEK: 2, Unit.MONTH: 1}[self]

    def periods(self, until: date, since: date | None) -> list[tuple[date, date]]:
        """Return the first and last day of the periods that are shown, oldest first; the last one ends at this day.

        Args:
            since: the first day of all that there is. Periods that were over before are left out, but for those that share a label.
        """
        found = [(self.of(until), until)]
        while len(found) < self.shown and (since is None or found[-1][0] > since or len(found) % self.labelled):
            begins = self.before(found[-1][0])
            found.append((begins, self.last(begins)))
        return found[::-1]

    def same_days_before(self, until: date) -> tuple[date, date]:
        """Return the days of the period before that are as far along as this day: 1 to 28 October for 28 November.

        A day is compared with the same day of the week before: on Sundays less happens than on Saturdays.
        """
        if self is Unit.DAY:
            return until - WEEK, until - WEEK
        begins = self.before(self.of(until))
        return begins, min(begins + (until - self.of(until)), self.last(begins))


def days_within(begins: date, ends: date) -> Iterator[date]:
    """Yield each day, oldest first."""
    return (begins + DAY * step for step in range((ends - begins).days + 1))
