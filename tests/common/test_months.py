"""Months of UTC, as addresses name them."""

from datetime import UTC, date, datetime

import pytest

from common.months import bounds, months_since, named_month

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "month"),
    [
        (None, date(2026, 11, 1)),
        ("", date(2026, 11, 1)),
        ("2025-02", date(2025, 2, 1)),
        ("2026-13", None),
        ("x", None),
        ("2026-11-30", None),
    ],
)
def test_a_month_is_named_by_year_and_number(name: str | None, month: date | None) -> None:
    assert named_month(name, now=NOW) == month


def test_a_month_ends_before_the_next_begins_and_lists_go_back_ten_years_at_most() -> None:
    assert bounds(date(2026, 12, 1)) == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC))
    assert months_since(date(2026, 10, 1), NOW.date()) == [date(2026, 11, 1), date(2026, 10, 1)]
    assert (months_since(None, NOW.date()), len(months_since(date(1990, 1, 1), NOW.date()))) == ([], 121)
