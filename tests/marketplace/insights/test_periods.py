"""Days, weeks and months of figures."""

from datetime import date
from itertools import pairwise

import pytest

from marketplace.insights.figures import Figures, PeriodFigures
from marketplace.insights.periods import Unit, days_within
from marketplace.insights.templatetags.numbers import period_so_far


@pytest.mark.parametrize(
    ("unit", "count", "first", "last"),
    [
        (Unit.DAY, 30, (date(2026, 10, 30), date(2026, 10, 30)), (date(2026, 11, 28), date(2026, 11, 28))),
        (Unit.WEEK, 26, (date(2026, 6, 1), date(2026, 6, 7)), (date(2026, 11, 23), date(2026, 11, 28))),
        (Unit.MONTH, 12, (date(2025, 12, 1), date(2025, 12, 31)), (date(2026, 11, 1), date(2026, 11, 28))),
    ],
)
@pytest.mark.parametrize("since", [None, date(2020, 1, 1)])
def test_periods_follow_each_other_and_the_last_one_is_not_over(unit, count, first, last, since):
    periods = unit.periods(date(2026, 11, 28), since)

    assert (len(periods), periods[0], periods[-1]) == (count, first, last)
    assert all((after[0] - before[1]).days == 1 for before, after in pairwise(periods))


@pytest.mark.parametrize(
    ("unit", "since", "begins"),
    [
        pytest.param(Unit.MONTH, date(2026, 7, 9), [7, 8, 9, 10, 11], id="month"),
        pytest.param(Unit.MONTH, date(2026, 11, 28), [11], id="this-month"),
        pytest.param(Unit.WEEK, date(2026, 11, 20), [16, 23], id="week"),
        pytest.param(Unit.WEEK, date(2026, 11, 13), [2, 9, 16, 23], id="weeks-that-share-a-label"),
        pytest.param(Unit.DAY, date(2026, 11, 28), [26, 27, 28], id="days-that-share-a-label"),
    ],
)
def test_no_period_is_shown_that_was_over_before_there_was_anything(unit, since, begins):
    periods = unit.periods(date(2026, 11, 28), since)

    assert [first.month if unit is Unit.MONTH else first.day for first, _ in periods] == begins


@pytest.mark.parametrize(
    ("unit", "until", "before"),
    [
        (Unit.DAY, date(2026, 11, 1), (date(2026, 10, 25), date(2026, 10, 25))),
        (Unit.WEEK, date(2026, 11, 28), (date(2026, 11, 16), date(2026, 11, 21))),
        (Unit.MONTH, date(2026, 11, 28), (date(2026, 10, 1), date(2026, 10, 28))),
        (Unit.MONTH, date(2026, 3, 30), (date(2026, 2, 1), date(2026, 2, 28))),
        (Unit.MONTH, date(2026, 1, 1), (date(2025, 12, 1), date(2025, 12, 1))),
    ],
)
def test_a_period_is_compared_with_the_same_days_of_the_one_before(unit, until, before):
    assert unit.same_days_before(until) == before


def test_a_range_has_its_first_and_last_day():
    assert list(days_within(date(2026, 10, 31), date(2026, 11, 1))) == [date(2026, 10, 31), date(2026, 11, 1)]


@pytest.mark.parametrize(
    ("unit", "until", "words"),
    [
        (Unit.DAY, date(2026, 11, 1), "1 November (UTC), beside 25 October."),
        (Unit.WEEK, date(2026, 12, 2), "30 November to 2 December (UTC), beside 23 to 25 November."),
        (Unit.MONTH, date(2026, 11, 28), "1 to 28 November (UTC), beside 1 to 28 October."),
        (Unit.MONTH, date(2026, 11, 1), "1 November (UTC), beside 1 October."),
    ],
)
def test_pages_say_which_days_they_compare(unit, until, words):
    current, before = PeriodFigures(unit.of(until), until), PeriodFigures(*unit.same_days_before(until))

    assert period_so_far(Figures(unit, [current], before, [])).startswith(words)
