"""The worker and the scheduler: which tasks exist is found in each app's `tasks`, when they run stands in the settings."""

import os
import sys
from functools import cache

from celery import Celery
from celery.signals import beat_init, worker_init
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

app = Celery("layerstore")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@cache
def end_if_unsafe() -> None:
    """End this process if the checks of a deployment do not pass; run once for it and all that are forked from it."""
    from config.checks import refuse_unsafe  # noqa: PLC0415  this module is imported before Django is set up

    try:
        refuse_unsafe()
    except ImproperlyConfigured as error:
        sys.exit(str(error))  # Celery logs and swallows a handler's exceptions; leaving it heeds


@worker_init.connect
@beat_init.connect
def _check(**_kwargs: object) -> None:
    end_if_unsafe()
