"""Queues tasks after commit. No work is lost with the queue: each task has a row that a periodic sweep finds."""

import logging
from collections.abc import Iterable
from typing import Any

from celery import Task, current_app, signature
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError as RedisUnreachable
from redis.exceptions import RedisError

from common.ops.redis import unless_away

logger = logging.getLogger(__name__)
_in_place: frozenset[str] | None = None
_WAKE_SECONDS = 60  # by then the sweep has run anyway: a lane that hung does not run every call that was made meanwhile


def queue_after_commit(task: "Task[Any, Any] | str", *args: object) -> None:
    """Queue a task once the surrounding transaction has committed; if Redis is away, log that and leave it to the sweep.

    Args:
        task: the task, or its name, where a service would have to import the task that calls it.
        args: ids. A task without any is a sweep that runs early; that call expires.
    """
    transaction.on_commit(lambda: _send(task, args))


def run_in_place(names: Iterable[str]) -> None:
    """From now on run these tasks at once, in this process, and leave all others to their sweeps: for whatever replaces the queue."""
    global _in_place  # noqa: PLW0603  the process has one queue, or none
    _in_place = frozenset(names)


def _send(task: "Task[Any, Any] | str", args: tuple[object, ...]) -> None:
    name = task if isinstance(task, str) else task.name
    if _in_place is not None:
        _run_in_place(name, args)
        return
    try:
        with unless_away("work left to the sweeps"):
            _ask_queue(task, args)
    except RedisError:
        logger.warning("queue away, the sweep will run it", extra={"task": name})


def _run_in_place(name: str, args: tuple[object, ...]) -> None:
    if name not in (_in_place or ()):
        return
    try:
        current_app.tasks[name](*args)
    except Exception:
        logger.exception("task failed, the sweep will run it", extra={"task": name})


def _ask_queue(task: "Task[Any, Any] | str", args: tuple[object, ...]) -> None:
    try:
        options: dict[str, Any] = {} if args else {"expires": _WAKE_SECONDS}
        (signature(task) if isinstance(task, str) else task).apply_async(args=args, retry=False, **options)
    except OperationalError as error:
        raise RedisUnreachable from error
