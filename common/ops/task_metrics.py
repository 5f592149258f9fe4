"""What is counted of tasks, in each worker: Celery's signals around every run."""

import time
from typing import Any

from celery import Task
from celery.signals import task_postrun, task_prerun
from prometheus_client import Counter, Gauge, Histogram

_RUNS = Counter("layerstore_task_runs_total", "Runs of tasks that ended.", ["task", "state"])
_SECONDS = Histogram("layerstore_task_seconds", "Time that a run of a task took.", ["task"], buckets=(0.01, 0.1, 0.5, 1, 5, 20, 60, 300))
_LAST_SUCCESS = Gauge(
    "layerstore_task_last_success_timestamp_seconds", "When a run of the task last ended well.", ["task"], multiprocess_mode="max"
)
_began: dict[str, float] = {}  # by task id; a process runs one task at a time


def watch_tasks() -> None:
    """Count every task that this process runs from now on."""
    task_prerun.connect(_note_begin, dispatch_uid="common.ops.task_metrics")
    task_postrun.connect(_note_end, dispatch_uid="common.ops.task_metrics")


def _note_begin(task_id: str, **_: Any) -> None:
    _began[task_id] = time.perf_counter()


def _note_end(task_id: str, task: "Task[Any, Any]", state: str | None, **_: Any) -> None:
    _SECONDS.labels(task.name).observe(time.perf_counter() - _began.pop(task_id, time.perf_counter()))
    _RUNS.labels(task.name, state or "UNKNOWN").inc()
    if state == "SUCCESS":
        _LAST_SUCCESS.labels(task.name).set_to_current_time()
