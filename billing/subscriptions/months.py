"""Months and years of a subscription, counted from a day as Stripe counts them."""

from calendar import monthrange
from datetime import datetime
from itertools import count
from typing import Final

from marketplace.products.models import Price

MONTHS_OF: Final = {Price.Interval.MONTH: 1, Price.Interval.YEAR: 12}


def months_after(begins: datetime, months: int) -> datetime:
    """Return the same day so many months later, or the last one of a shorter month."""
    year, month = divmod(begins.year * 12 + begins.month - 1 + months, 12)
    return begins.replace(year=year, month=month + 1, day=min(begins.day, monthrange(year, month + 1)[1]))


def months_between(begins: datetime, later: datetime) -> int:
    """Return how many months after a day another one is that `months_after` has counted from it."""
    return (later.year - begins.year) * 12 + later.month - begins.month


def months_past(begins: datetime, moment: datetime) -> int:
    """Return the least number of months, one at least, that counted from a day end after a moment."""
    return next(months for months in count(1) if months_after(begins, months) > moment)
