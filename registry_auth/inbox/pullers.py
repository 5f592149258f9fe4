"""Counting distinct pullers by HyperLogLog: Redis does the arithmetic, PostgreSQL stores what must not be lost (ADR 0018).

Who pulled is recorded in the transaction that counts the pull. A sweep adds these rows to the sketches, and deletes them in the transaction
that saves the sketches. Adding and merging may be repeated without effect (Redis, "HyperLogLog"), and each time PostgreSQL's sketch is
merged into that of Redis. So nobody is lost if Redis is away, if it comes back empty, or if a worker dies.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from time import monotonic
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import ResponseError

from common.db.locking import require_atomic
from common.ops.redis import redis_key
from marketplace.insights.models import SKETCHES_KEPT, PullerSketch
from marketplace.insights.services import CountedPull
from registry_auth.inbox.models import WaitingPuller

logger = logging.getLogger(__name__)
Period = PullerSketch.Period
AT_ONCE = 10_000
LONGEST_RUN = timedelta(minutes=1)
REDIS_EXPIRY = timedelta(days=2)  # after a sketch's last use; PostgreSQL has it for longer
MOST_REMEMBERED = 300_000  # pullers, of which a process knows that they are recorded: about 25 MB
Key = tuple[str, date, str]
_recorded: set[int] = set()  # hashes of keys, once their transaction has committed
_NOTE = """
INSERT INTO registry_auth_waitingpuller (image_id, day, puller) SELECT * FROM unnest(%s::uuid[], %s::date[], %s::uuid[])
    ON CONFLICT DO NOTHING
"""


def note_pullers(*, counted: Iterable[CountedPull]) -> None:
    """Record who pulled what on which day: the account or, without one, the client. Call it in the count's transaction, with its locks.

    Whom this process has recorded before is left out: they are in a row or in a sketch, and stay there.
    """
    require_atomic()
    seen = {(each.image_id.hex, each.pull.day, puller) for each in counted for puller in _pullers(each)}
    new = [key for key in sorted(seen) if hash(key) not in _recorded]
    if new:
        with connection.cursor() as cursor:
            cursor.execute(_NOTE, [list(column) for column in zip(*new, strict=True)])
        transaction.on_commit(lambda: _remember(new))


def _remember(keys: Iterable[Key]) -> None:
    if len(_recorded) > MOST_REMEMBERED:
        _recorded.clear()
    _recorded.update(map(hash, keys))


def count_pullers(*, redis: Redis) -> int:
    """Add the waiting pullers to the sketches of their day, week and month. Return how many. One worker at a time.

    An image whose sketch Redis refuses, because it is broken, does not affect the others: it is left out, and its pullers wait.

    Args:
        redis: a client whose responses are bytes.

    Raises:
        RedisError: Redis is away; the remaining pullers wait.
    """
    taken, end = 0, monotonic() + LONGEST_RUN.total_seconds()
    refused: dict[UUID, str] = {}
    while (first := WaitingPuller.objects.exclude(image__in=refused).order_by("image", "day").first()) and monotonic() < end:
        waiting = list(WaitingPuller.objects.filter(image=first.image_id, day=first.day)[:AT_ONCE])
        try:
            _take(redis, first.image_id, first.day, waiting)
        except ResponseError as error:
            refused[first.image_id] = str(error)
        else:
            taken += len(waiting)
    if refused:
        logger.error("Redis refuses sketches of %d images, whose pullers wait: %s", len(refused), list(refused.items())[:10])
    return taken


def forget_old_days() -> int:
    """Delete the sketches of days long past and leave their numbers. Return how many."""
    old = PullerSketch.objects.filter(period=Period.DAY, begins__lt=timezone.now().date() - SKETCHES_KEPT)
    return old.exclude(sketch=b"").update(sketch=b"")


def _take(redis: Redis, image_id: UUID, day: date, waiting: Sequence[WaitingPuller]) -> None:
    periods = {period: period.of(day) for period in Period}
    sketches = [
        PullerSketch(image_id=image_id, period=period, begins=periods[period], sketch=sketch, distinct=distinct, updated_at=timezone.now())
        for period, sketch, distinct in _merge(redis, image_id, periods, [each.puller.bytes for each in waiting])
    ]
    with transaction.atomic():
        PullerSketch.objects.bulk_create(
            sketches,
            update_conflicts=True,
            unique_fields=("image", "period", "begins"),
            update_fields=("sketch", "distinct", "updated_at"),
        )
        WaitingPuller.objects.filter(pk__in=[each.pk for each in waiting]).delete()


def _merge(redis: Redis, image_id: UUID, periods: dict[Period, date], pullers: Sequence[bytes]) -> list[tuple[Period, bytes, int]]:
    """Merge Redis's sketch, PostgreSQL's and the new pullers in Redis; return each period's sketch and its number.

    A period whose sketch was deleted stays as it is and is not returned. In one transaction of Redis: if Redis could be emptied between
    restoring and reading, PostgreSQL's sketch would be overwritten with a smaller one.

    Raises:
        RedisError: Redis is away.
    """
    keys = {period: redis_key(f"pullers:{image_id}:{period}:{begins}") for period, begins in periods.items()}
    rows = PullerSketch.objects.filter(image=image_id, begins__in=periods.values())
    saved = {period: bytes(row.sketch) for row in rows if periods[period := Period(row.period)] == row.begins}
    with redis.pipeline(transaction=True) as pipeline:
        for period, sketch in saved.items():
            if sketch:
                _restore(pipeline, keys[period], sketch)
        pipeline.pfadd(keys[Period.DAY], *pullers)
        pipeline.pfmerge(keys[Period.WEEK], keys[Period.DAY])
        pipeline.pfmerge(keys[Period.MONTH], keys[Period.DAY])
        merging = len(pipeline)
        for key in keys.values():
            pipeline.expire(key, REDIS_EXPIRY)
            pipeline.get(key)
            pipeline.pfcount(key)
        results = pipeline.execute()[merging:]
    return [(period, results[3 * place + 1], results[3 * place + 2]) for place, period in enumerate(keys) if saved.get(period) != b""]


def _restore(pipeline: Pipeline, key: str, sketch: bytes) -> None:
    """Merge a saved sketch into the key instead of overwriting it, for Redis may know of pullers that were added since."""
    beside = f"{key}:saved"
    pipeline.set(beside, sketch, ex=60)
    pipeline.pfmerge(key, beside)
    pipeline.delete(beside)


def _pullers(counted: CountedPull) -> Iterable[str]:
    return counted.pull.clients if counted.buyer_id is None else (counted.buyer_id.hex,)
