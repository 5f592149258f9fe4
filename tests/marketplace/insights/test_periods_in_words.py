"""How pages name periods, what they are added up by, and what they are compared with."""

from datetime import date

import pytest

from marketplace.insights.figures import Figures, PeriodFigures
from marketplace.insights.periods import Unit
from marketplace.insights.templatetags.numbers import compared_with, same_as, unit_name


def figures(unit: Unit, *, now: tuple[date, date], before: tuple[date, date]) -> Figures:
    return Figures(unit, [PeriodFigures(*now)], PeriodFigures(*before), [])


DAY = figures(Unit.DAY, now=(date(2026, 11, 28),) * 2, before=(date(2026, 11, 21),) * 2)
WEEK = figures(Unit.WEEK, now=(date(2026, 11, 30), date(2026, 12, 3)), before=(date(2026, 11, 23), date(2026, 11, 26)))
MONTH = figures(Unit.MONTH, now=(date(2026, 11, 1), date(2026, 11, 28)), before=(date(2026, 10, 1), date(2026, 10, 28)))


@pytest.mark.parametrize(
    ("shown", "name", "changed", "same"),
    [
        (DAY, "day", "on the Saturday before", "same as the Saturday before"),
        (WEEK, "week", "on the week before", "same as the week before"),
        (MONTH, "month", "on October", "same as October"),
    ],
)
def test_a_change_names_what_it_is_measured_from(shown: Figures, name: str, changed: str, same: str) -> None:
    assert (unit_name(shown.unit), compared_with(shown), same_as(shown)) == (name, changed, same)
