"""Periods of a subscription: months and years are counted from the day on which it began, and end with shorter months."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

DAYS = {"day": 1, "week": 7}
MONTHS = {"month": 1, "year": 12}


def following(anchor: int, moment: int, recurring: dict[str, Any]) -> int:
    """The first end of a period after a moment, for a subscription that began at its anchor."""
    count, ends = 0, anchor
    while ends <= moment:
        count += 1
        ends = _after(anchor, recurring["interval"], recurring["interval_count"] * count)
    return ends


def _after(anchor: int, interval: str, count: int) -> int:
    begins = datetime.fromtimestamp(anchor, UTC)
    if interval in DAYS:
        return int((begins + timedelta(days=DAYS[interval] * count)).timestamp())
    months = begins.month - 1 + MONTHS[interval] * count
    year, month = begins.year + months // 12, months % 12 + 1
    day = min(begins.day, monthrange(year, month)[1])
    return int(begins.replace(year=year, month=month, day=day).timestamp())


def after_months(begins: int, months: int) -> int:
    """The same day so many months later, or the last one of a shorter month."""
    return _after(begins, "month", months)


def share(amount: int, begins: int, ends: int, now: int) -> int:
    """The part of a period's amount that falls on what is left of it; a half is rounded up."""
    left = Fraction(amount * (ends - now), ends - begins)
    return int(left + Fraction(1, 2))
