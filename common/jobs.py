"""Jobs: what a worker runs. A decorator declares each where its function is written; routes, time limits and the schedule follow from it.

A job is named after its app and its function: `billing.settle_order`. Its lane is a queue with workers of its own (`config.jobs`).
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from celery import shared_task

from common.db.leases import lease
from common.ops.queue import queue_after_commit

if TYPE_CHECKING:
    from celery import Task

P = ParamSpec("P")
R = TypeVar("R")
_SECONDS_TO_CLEAN_UP: Final = 5  # from the exception that ends a task to the signal that kills its process


@dataclass(frozen=True, slots=True)
class Job:
    """What one task may use.

    Attributes:
        lane: its queue.
        limit: seconds; then the task is ended, and a lease that it took runs out.
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
    alone: bool = False,
    places: int | None = None,
    first: Callable[[], object] | None = None,
    again: Callable[[], bool] | None = None,
) -> Callable[[Callable[[], R]], "Task[[], R | None]"]:
    """Make a task of a function that the scheduler asks for.

    The task returns what the function returns, or None if as many workers as may run it already do.

    Args:
        every: seconds. What has not begun when it is due again is not begun any more: a lane that hung catches up once.
        lane: its queue.
        limit: seconds; its lease lasts as long.
        alone: one worker runs it at a time.
        places: how many workers may run it at a time, sharing its work row by row. Without `alone` and `places`, any number.
        first: called before the lease is asked for, so by every run.
        again: whether there is more to do. Asked after the lease was given back, unless the function returned None; the task is then
            queued anew, so that no job keeps its lane.
    """
    places = 1 if alone else places

    def declare(function: Callable[[], R]) -> "Task[[], R | None]":
        name = _name(function)

        @wraps(function)
        def run() -> R | None:
            if first:
                first()
            if places is None:
                return function()
            with _lease(name, places, limit) as leased:
                result = function() if leased else None
            if again and result is not None and again():
                queue_after_commit(task)
            return result

        task = _register(run, Job(lane, limit, every))
        return task

    return declare


def _register(function: Callable[P, R], job: Job, *, throws: tuple[type[Exception], ...] = ()) -> "Task[P, R]":
    name = _name(function)
    JOBS[name] = job
    declare = shared_task(name=name, throws=throws, soft_time_limit=job.limit - _SECONDS_TO_CLEAN_UP, time_limit=job.limit)
    return declare(function)


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__.partition('.')[0]}.{function.__name__}"


@contextmanager
def _lease(name: str, places: int, limit: int) -> Iterator[bool]:
    with ExitStack() as leases:
        yield any(
            leases.enter_context(lease(f"{name}:{place}" if place else name, lasting=timedelta(seconds=limit))) for place in range(places)
        )
