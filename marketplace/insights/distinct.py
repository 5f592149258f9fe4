"""Distinct pullers of several images, and from the beginning of a week or month to a day: Redis merges their sketches (ADR 0018)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby, islice
from operator import itemgetter

from redis import Redis

from common.ids import new_id
from common.ops.redis import redis_key
from marketplace.insights.models import PullerSketch

Period = PullerSketch.Period
_MERGED_AT_ONCE = 100
_EXPIRY_SECONDS = 60  # of what a run that was cut off leaves behind


@dataclass(frozen=True, slots=True)
class Distinct:
    """The merged sketch of one day, and the estimates for the day and for its week and month up to it."""

    sketch: bytes = b""
    day: int = 0
    week: int = 0
    month: int = 0


def distinct_by_day(redis: Redis, sketches: Iterable[tuple[date, bytes]]) -> Iterator[tuple[date, Distinct]]:
    """Merge the sketches of each day, and add the days of a week and of a month up.

    Args:
        redis: a client whose responses are bytes.
        sketches: any number for each day, in the order of the days; they begin where the first day's week and month do.

    Raises:
        RedisError: Redis is away.
    """
    prefix = redis_key(f"distinct:{new_id()}")
    total = {period: f"{prefix}:{period}" for period in Period}
    begun: dict[Period, date] = {}
    for day, parts in groupby(sketches, key=itemgetter(0)):
        for period in Period:
            if begun.get(period) != period.of(day):
                redis.delete(total[period])
                begun[period] = period.of(day)
        for batch in _batches(sketch for _, sketch in parts):
            _merge(redis, total[Period.DAY], batch)
        yield day, _totals(redis, total)
    redis.delete(*total.values())


def _batches(sketches: Iterator[bytes]) -> Iterator[list[bytes]]:
    while batch := list(islice(sketches, _MERGED_AT_ONCE)):
        yield batch


def _merge(redis: Redis, into: str, sketches: Iterable[bytes]) -> None:
    """Merge sketches into a key."""
    with redis.pipeline(transaction=False) as pipeline:
        for sketch in sketches:
            pipeline.set(f"{into}:part", sketch, ex=_EXPIRY_SECONDS)
            pipeline.pfmerge(into, f"{into}:part")
        pipeline.delete(f"{into}:part")
        pipeline.execute()


def _totals(redis: Redis, total: dict[Period, str]) -> Distinct:
    with redis.pipeline(transaction=False) as pipeline:
        for period in (Period.WEEK, Period.MONTH):
            pipeline.pfmerge(total[period], total[Period.DAY])
        for key in total.values():
            pipeline.expire(key, _EXPIRY_SECONDS)
        pipeline.get(total[Period.DAY])
        for period in (Period.DAY, Period.WEEK, Period.MONTH):
            pipeline.pfcount(total[period])
        return Distinct(*pipeline.execute()[-4:])
