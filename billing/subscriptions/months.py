"""Months and years of a subscription, counted from a day as Stripe counts them."""

from calendar import monthrange
from datetime import datetime
from typing import Final

from marketplace.products.models import Price

MONTHS_OF: Final = {Price.Interval.MONTH: 1, Price.Interval.YEAR: 12}


def months_after(begins: datetime, months: int) -> datetime:
    """Return the same day so many months later, or the last one of a shorter month."""
    year, month = divmod(begins.year * 12 + begins.month - 1 + months, 12)
    return begins.replace(year=year, month=month + 1, day=min(begins.day, monthrange(year, month + 1)[1]))
