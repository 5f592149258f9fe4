"""What the worker derives of sales."""

from datetime import timedelta

from django.utils import timezone

from billing.sales import services
from common.jobs import periodic

LATELY, LONG_AGO = timedelta(days=3), timedelta(days=40)


@periodic(every=3_600, lane="drawing", limit=600)
def roll_up_sales() -> int:
    """Derive the daily series of the last days, so that each night's has yesterday. Returns how many rows."""
    return _roll_up(LATELY)


@periodic(every=86_400, lane="drawing", limit=3_600)
def roll_up_late_sales() -> int:
    """Derive the series of weeks again: a first pull counts on the day of its purchase. Returns how many rows."""
    return _roll_up(LONG_AGO)


def _roll_up(reach: timedelta) -> int:
    today = timezone.now().date()
    return services.roll_up_sales(first=today - reach, last=today)
