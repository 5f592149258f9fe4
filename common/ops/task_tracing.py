"""Tasks continue the trace of whoever queued them: Celery's signals in both processes."""

from contextlib import AbstractContextManager
from typing import Any

from celery import Task
from celery.signals import before_task_publish, task_postrun, task_prerun

from common.ops.tracing import describe_span, is_tracing, span, trace_headers

_PARENT = "layerstore_trace"  # in the message's headers
_open: dict[str, AbstractContextManager[None]] = {}  # by task id


def trace_tasks() -> None:
    """Send the trace with each task that this process queues, and make a span of each that it runs; nothing where nothing is traced."""
    if not is_tracing():
        return
    before_task_publish.connect(_send, dispatch_uid="common.ops.task_tracing")
    task_prerun.connect(_begin, dispatch_uid="common.ops.task_tracing")
    task_postrun.connect(_end, dispatch_uid="common.ops.task_tracing")


def _send(headers: dict[str, Any], **_: Any) -> None:
    headers[_PARENT] = trace_headers()


def _begin(task_id: str, task: "Task[Any, Any]", **_: Any) -> None:
    # A worker makes a message's headers attributes of the request; a task that runs in place has them beside.
    parent = getattr(task.request, _PARENT, None) or (task.request.headers or {}).get(_PARENT)
    _open[task_id] = span(task.name, parent=parent)
    _open[task_id].__enter__()


def _end(task_id: str, state: str | None, **_: Any) -> None:
    opened = _open.pop(task_id, None)
    if opened is not None:
        describe_span(state=state or "UNKNOWN")
        opened.__exit__(None, None, None)
