"""When each periodic job last ended well, in Redis: for a scheduler that starts without its file, and for alerts.

Nothing is lost with it: jobs of which it knows nothing are due, and any of them may run once more.
"""

import logging
import time
from collections.abc import Mapping
from typing import Final

from redis.exceptions import RedisError

from common.ops.redis import redis_client, redis_key, unless_away

logger = logging.getLogger(__name__)
_KEY: Final = "jobs:ended"
_LOST: Final = "when jobs end is not known"


def note_run(job: str) -> None:
    """Note that the job has just ended well."""
    try:
        with unless_away(_LOST):
            redis_client().hset(redis_key(_KEY), job, str(time.time()))
    except RedisError:
        logger.warning("not noted that a job ended", extra={"task": job})


def due_since(periods: Mapping[str, int]) -> dict[str, float]:
    """Return when each job's interval began, as a POSIX timestamp: when it last ended well.

    Of a job that never did, one interval before we were first asked: it is due. That is noted, so it is due at each start until it has
    ended well, and an alert can tell how long it has waited.

    Args:
        periods: seconds between two runs, by job.

    Raises:
        RedisError: Redis is away.
    """
    key, now = redis_key(_KEY), time.time()
    with unless_away(_LOST), redis_client().pipeline() as pipeline:
        for job, every in periods.items():
            pipeline.hsetnx(key, job, str(now - every))
        pipeline.hgetall(key)
        *_, noted = pipeline.execute()
    return {job: float(noted[job]) for job in periods}
