"""Celery beat's schedule, for containers whose disk ends with them."""

import logging
from datetime import UTC, datetime

from celery.beat import PersistentScheduler
from redis.exceptions import RedisError

from common.ops.last_runs import due_since

logger = logging.getLogger(__name__)


class ScheduleOfLastRuns(PersistentScheduler):
    """Let an interval begin when its job last ended well, where the file does not know when it was last asked for.

    Celery would begin it at the start: with a new container each day, a daily job would never be due.
    """

    def setup_schedule(self) -> None:
        """Read the file, and add the jobs that it does not know."""
        entries = self.app.conf.beat_schedule
        periods = {name: entry["schedule"] for name, entry in entries.items()}
        try:
            began = due_since(periods)
        except RedisError:
            logger.warning("all jobs are due, it cannot be told when they ended")
            began = dict.fromkeys(periods, 0.0)
        for name, entry in entries.items():
            entry["last_run_at"] = datetime.fromtimestamp(began[name], UTC)
        super().setup_schedule()
