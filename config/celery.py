"""The Celery application. Each room declares its jobs in `tasks.py`; routes and the schedule are made from that here."""

import os
import signal
import sys
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING, Any

from celery import Celery
from celery.signals import beat_init, import_modules, worker_init
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from common.jobs import Job

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

app = Celery("layerstore")
app.config_from_object("django.conf:settings", namespace="CELERY")


def all_jobs() -> "Mapping[str, Job]":
    """Return every job by its name, once the modules that declare them have been imported."""
    from common.jobs import JOBS  # noqa: PLC0415  this module is imported before Django is set up

    for room in _rooms_with_tasks():
        import_module(f"{room}.tasks")  # and not Celery's own loader, which would run Django's checks: a request may wait for us
    return JOBS


def lane_of(name: str, *_args: object, **_options: object) -> dict[str, str] | None:
    """Return the queue that a task goes to: Celery's router. A process that only queues imports the tasks when it first queues one."""
    from common.jobs import JOBS  # noqa: PLC0415  once Celery is set up

    job = JOBS.get(name) or all_jobs().get(name)
    return {"queue": job.lane} if job else None


def _rooms_with_tasks() -> list[str]:
    return [
        ".".join(module.relative_to(settings.BASE_DIR).parts[:-1])
        for name in settings.INSTALLED_APPS
        for module in sorted((settings.BASE_DIR / name).rglob("tasks.py"))
    ]


app.autodiscover_tasks(_rooms_with_tasks)


@import_modules.connect(weak=False)
def _make_schedule(**_kwargs: object) -> None:
    """Make the schedule once the tasks are there: their discovery was connected to this signal first."""
    from common.jobs import JOBS  # noqa: PLC0415  once Celery is set up

    app.conf.beat_schedule = {
        name: {"task": name, "schedule": job.every, "options": {"expires": job.every}}
        for name, job in JOBS.items()
        if job.every is not None
    }


@cache
def end_if_unsafe() -> None:
    """End this process if the deployment checks do not pass. They run once, for it and for all that are forked from it."""
    from config.checks import refuse_unsafe  # noqa: PLC0415  this module is imported before Django is set up

    try:
        refuse_unsafe()
    except ImproperlyConfigured as error:
        sys.exit(str(error))  # Celery logs and swallows a handler's exceptions, but lets SystemExit through


@beat_init.connect
def _end_between_ticks(sender: Any, **_kwargs: object) -> None:
    """Let SIGTERM end the scheduler between two ticks: Celery's own handler closes the schedule's file while a tick may be writing it."""

    def end(_number: int, frame: FrameType | None) -> None:
        sender._is_shutdown.set()  # noqa: SLF001  `stop` logs, which a handler must not: it may have interrupted a log line
        if frame is not None and frame.f_code is type(sender).start.__code__:  # it sleeps, and no tick is under way
            raise SystemExit

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)


@worker_init.connect
@beat_init.connect
def _check(**_kwargs: object) -> None:
    end_if_unsafe()


@worker_init.connect
def _watch_tasks(**_kwargs: object) -> None:
    from common.ops.task_metrics import watch_tasks  # noqa: PLC0415  this module is imported before Django is set up
    from common.ops.task_tracing import trace_tasks  # noqa: PLC0415  the same
    from common.ops.tracing import begin_tracing  # noqa: PLC0415  the same

    watch_tasks()
    begin_tracing("worker")
    trace_tasks()


@beat_init.connect
def _serve_metrics(**_kwargs: object) -> None:
    from common.ops.metrics import serve_metrics  # noqa: PLC0415  this module is imported before Django is set up

    serve_metrics(settings.LAYERSTORE_METRICS_PORT)
