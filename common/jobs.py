"""Jobs: what a worker runs. A decorator declares each where its function is written; routes, time limits and the schedule follow from it.

A job is named after its app and its function: `billing.settle_order`. Its lane is a queue with workers of its own (`config.jobs`).
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from celery import shared_task

from common.db.leases.holding import lease
from common.db.leases.protocol import LeaseLost, LeaseStoreAway
from common.ops.last_runs import note_run
from common.ops.queue import queue_after_commit

if TYPE_CHECKING:
    from celery import Task

logger = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")
_SECONDS_TO_CLEAN_UP: Final = 5  # from the exception that ends a task to the signal that kills its process


@dataclass(frozen=True, slots=True)
class Job:
    """What one task may use.

    Attributes:
        lane: its queue.
        limit: seconds; then the task is ended, and soon afterwards its lease.
        every: seconds between two runs that the scheduler asks for; None for a task that is only called for one row.
    """

    lane: str
    limit: int
    every: int | None = None


JOBS: Final[dict[str, Job]] = {}  # filled by the decorators: complete once every module of tasks has been imported


def on_demand(*, lane: str, limit: int, throws: tuple[type[Exception], ...] = ()) -> Callable[[Callable[P, R]], "Task[P, R]"]:
    """Make a task of a function that is called for one row, by its id.

    Args:
        lane: its queue.
        limit: seconds.
        throws: expected errors, logged without a trace.
    """

    def declare(function: Callable[P, R]) -> "Task[P, R]":
        return _register(function, Job(lane, limit), throws=throws)

    return declare


def periodic(
    *,
    every: int,
    lane: str,
    limit: int,
    places: int = 1,
    first: Callable[[], object] | None = None,
    again: Callable[[], bool] | None = None,
) -> Callable[[Callable[[], R]], "Task[[], R | None]"]:
    """Make a task of a function that the scheduler asks for, and let it run under a lease (`common.db.leases`), however many ask.

    The task returns what the function returns, or None if as many workers as may run it already do, if it cannot be told whether they do,
    or if this one was stopped because its lease was lost: at its next statement, and nothing that it wrote in that transaction stays.

    Args:
        every: seconds. What has not begun when it is due again is not begun any more: a lane that hung catches up once.
        lane: its queue.
        limit: seconds. Its lease is short and renewed for as long as it runs.
        places: how many workers may run it at a time, sharing its work row by row. They are not stopped when a lease is lost: a row that is
            claimed is theirs anyway, and what was done for it must be recorded.
        first: called before the lease is asked for, so by every run.
        again: whether there is more to do. Asked after the lease was given back, unless the function returned None; the task is then
            queued anew, so that no job keeps its lane.
    """

    def declare(function: Callable[[], R]) -> "Task[[], R | None]":
        name = _name(function)
        leases = [f"{name}:{place}" if place else name for place in range(places)]

        @wraps(function)
        def run() -> R | None:
            if first:
                first()
            result = _run_under_lease(function, leases)
            if again and result is not None and again():
                queue_after_commit(task)
            return result

        task = _register(run, Job(lane, limit, every))
        return task

    return declare


def _run_under_lease(function: Callable[[], R], leases: Sequence[str]) -> R | None:
    try:
        with lease(*leases, fenced=len(leases) == 1) as leased:
            if not leased:
                return None
            result = function()
            note_run(leases[0])
            return result
    except LeaseStoreAway as error:
        logger.warning("job not run, its lease cannot be had", extra={"task": leases[0], "why": str(error)})
    except LeaseLost as error:
        logger.warning("job stopped, the next run goes on", extra={"task": leases[0], "why": str(error)})
    return None


def _register(function: Callable[P, R], job: Job, *, throws: tuple[type[Exception], ...] = ()) -> "Task[P, R]":
    name = _name(function)
    JOBS[name] = job
    declare = shared_task(name=name, throws=throws, soft_time_limit=job.limit - _SECONDS_TO_CLEAN_UP, time_limit=job.limit)
    return declare(function)


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__.partition('.')[0]}.{function.__name__}"
