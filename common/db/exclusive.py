"""What one process at a time does, for seconds and at any moment: a row says that somebody is at it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from django.db import connection
from django.utils import timezone

from common.db.models import ExclusiveAct

LONGEST: Final = timedelta(seconds=60)


@contextmanager
def alone(name: str, *, longest: timedelta = LONGEST) -> Iterator[bool]:
    """Let one process at a time do something; yield whether this one may. Nobody waits.

    It may be over later than `longest`: then somebody else may have begun. If the process dies, that is also when the next one may begin.
    No advisory lock, because that is its session's, and a pooler may share sessions (`common.db.pooling`).
    """
    with connection.cursor() as cursor:
        # One statement decides: the loser's UPDATE finds its condition false once the winner has committed.
        cursor.execute(
            "INSERT INTO common_exclusiveact AS known (name, ends_at) VALUES (%s, clock_timestamp() + make_interval(secs => %s))"
            " ON CONFLICT (name) DO UPDATE SET ends_at = excluded.ends_at WHERE known.ends_at < clock_timestamp() RETURNING ends_at",
            [name, longest.total_seconds()],
        )
        ours = cursor.fetchone()
    try:
        yield ours is not None
    finally:
        if ours is not None:
            ExclusiveAct.objects.filter(name=name, ends_at=ours[0]).delete()


def forget_unfinished() -> int:
    """Delete what processes that died have left; return how many rows."""
    return ExclusiveAct.objects.filter(ends_at__lte=timezone.now()).delete()[0]
