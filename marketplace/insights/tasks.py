"""What the worker counts."""

import logging
from datetime import timedelta

from django.utils import timezone
from redis.exceptions import RedisError

from common.jobs import periodic
from common.ops.redis import raw_redis_client
from marketplace.insights import buyer_pulls, rollup, services, visits
from marketplace.insights.figures import last_whole_day
from marketplace.insights.outlook_upkeep import OF_PULLS, note_series, renew_outlooks

logger = logging.getLogger(__name__)
LATELY, LONG_AGO = timedelta(days=3), timedelta(days=40)  # when most is told of; and when nearly all of it has been


@periodic(every=300, lane="batch", limit=120)
def add_up_pulls() -> int:
    """Add up the pulls by which products rank. Returns how many numbers changed."""
    return services.add_up_pulls()


@periodic(every=60, lane="default", limit=60)
def write_views() -> int:
    """Move noted views from Redis to the database. Returns how many; none while Redis is away."""
    try:
        return visits.write_views()
    except RedisError:
        return 0


@periodic(every=86_400, lane="batch", limit=600)
def forget_buyer_pulls() -> int:
    """Delete addresses and clients of pulls that are older than the setting. Returns how many rows."""
    return buyer_pulls.forget_buyer_pulls(now=timezone.now())


@periodic(every=3_600, lane="batch", limit=600)
def roll_up_pulls() -> int:
    """Derive the daily series of the last days, so that each night's has yesterday, and then what they lead to. Returns how many rows.

    Trends and forecasts of pulls and views wait while Redis is away, so that none takes a yesterday for empty that is only late.
    """
    rows, until = _roll_up(LATELY), last_whole_day()
    if rows is None:
        return 0
    note_series(first=until - LATELY, last=until, figures=OF_PULLS)
    renew_outlooks(until=until, figures=OF_PULLS)
    return rows


@periodic(every=86_400, lane="batch", limit=3_600)
def roll_up_late_pulls() -> int:
    """Derive the series of weeks again, for what was told of late. Returns how many rows."""
    rollup.forget_old_sketches()
    return _roll_up(LONG_AGO) or 0


def _roll_up(reach: timedelta) -> int | None:
    """Derive the days; None while Redis is away."""
    today = timezone.now().date()
    try:
        return rollup.roll_up_pulls(first=today - reach, last=today, redis=raw_redis_client())
    except RedisError as error:
        logger.warning("series not derived until Redis is back: %s", type(error).__name__)
        return None
