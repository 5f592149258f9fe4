"""What the worker derives of sales."""

from datetime import date, timedelta

from django.utils import timezone

from billing.sales import services
from common.jobs import periodic
from marketplace.insights.figures import last_whole_day
from marketplace.insights.outlook_upkeep import OF_SALES, note_series, renew_outlooks

LATELY, LONG_AGO = timedelta(days=3), timedelta(days=40)


@periodic(every=3_600, lane="batch", limit=600)
def roll_up_sales() -> int:
    """Derive the daily series of the last days, so that each night's has yesterday, and then what they lead to. Returns how many rows.

    Trends and forecasts are no job of their own: they must not see a yesterday whose sales are not there yet.
    """
    rows, until = _roll_up(LATELY), last_whole_day()
    note_series(first=until - LATELY, last=until, figures=OF_SALES)
    renew_outlooks(until=until, figures=OF_SALES)
    return rows


@periodic(every=86_400, lane="batch", limit=3_600)
def roll_up_late_sales() -> int:
    """Derive the series of weeks again: a first pull counts on the day of its purchase. Returns how many rows.

    Once, from the first day on that an earlier version has derived, which did not tell renewals apart.
    """
    return _roll_up(LONG_AGO, since=services.first_day_without_renewals())


def _roll_up(reach: timedelta, *, since: date | None = None) -> int:
    today = timezone.now().date()
    return services.roll_up_sales(first=min(today - reach, since or today), last=today)
