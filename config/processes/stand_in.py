"""While Redis is away, nothing can be queued: then each lane runs its sweeps without a queue, in a process of its own."""

import logging
import os
import signal
import time
from collections.abc import Iterable
from typing import Final

from redis.exceptions import RedisError

from common.jobs import JOBS
from config.jobs import LANES
from config.processes.children import fork

logger = logging.getLogger(__name__)
PAUSE_SECONDS: Final = 5.0  # between two runs of a lane's sweeps
_FREQUENT_SECONDS = 60  # sweeps that are due less often wait until Redis is back
_LONGEST_SECONDS = 300.0
_FAILED_PINGS = 2  # a single late answer is not an outage


class StandIns:
    """Stands in for the queue of some lanes. Its processes claim work row by row, so several may run, beside workers too."""

    def __init__(self, lanes: Iterable[str]) -> None:
        self._lanes = tuple(lanes)
        self._running: dict[str, tuple[int, float]] = {}
        self._next = dict.fromkeys(self._lanes, 0.0)
        self._failed = 0

    def tick(self) -> None:
        """Ask Redis, and let the lanes go on without it if it does not answer. Call this about once a second."""
        now = time.monotonic()
        for pid, until in self._running.values():
            if now > until:
                os.kill(pid, signal.SIGKILL)
        if self._answers():
            return
        for lane in self._lanes:
            if lane not in self._running and now >= self._next[lane]:
                self._running[lane] = fork(lambda lane=lane: run_sweeps(lane)), now + _LONGEST_SECONDS  # type: ignore[misc]  # the loop's lane

    def note_ended(self, pid: int) -> bool:
        """Record that a child has ended; return whether it was one of these."""
        for lane, (running, _) in self._running.items():
            if running == pid:
                del self._running[lane]
                self._next[lane] = time.monotonic() + PAUSE_SECONDS
                return True
        return False

    def end(self) -> None:
        """Kill what runs; the rows that it had claimed are claimed again when they are due."""
        for pid, _ in self._running.values():
            os.kill(pid, signal.SIGKILL)

    def _answers(self) -> bool:
        from common.ops.redis import redis_client  # noqa: PLC0415  once Django is set up

        try:
            redis_client().ping()
        except RedisError:
            self._failed += 1
            if self._failed == _FAILED_PINGS:
                logger.error("Redis away: sweeps run without a queue")  # noqa: TRY400  a trace would add nothing
            return self._failed < _FAILED_PINGS
        if self._failed >= _FAILED_PINGS:
            logger.warning("Redis is back: work is queued again")
        self._failed = 0
        return True


def run_sweeps(lane: str) -> None:
    """Run the lane's frequent sweeps once, one after another; what they queue for single rows runs at once, in this process."""
    from common.db.statements import limit_statements  # noqa: PLC0415  once Django is set up
    from common.ops.queue import run_in_place  # noqa: PLC0415  once Django is set up
    from config.celery import app  # noqa: PLC0415  once Django is set up

    limit_statements(LANES[lane].statement)
    jobs = {name: job for name, job in JOBS.items() if job.lane == lane}
    run_in_place(name for name, job in jobs.items() if job.every is None)
    for name, job in jobs.items():
        if job.every is not None and job.every <= _FREQUENT_SECONDS:
            try:
                app.tasks[name]()
            except Exception:
                logger.exception("sweep failed", extra={"task": name})
