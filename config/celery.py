"""The worker and the scheduler: which tasks exist is found in each app's `tasks`, when they run stands in the settings."""

import os
import sys

from celery import Celery
from celery.signals import beat_init, worker_init
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

app = Celery("layerstore")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
@beat_init.connect
def _refuse_unsafe(**_kwargs: object) -> None:
    from config.checks import refuse_unsafe  # noqa: PLC0415  this module is imported before Django is set up

    try:
        refuse_unsafe()
    except ImproperlyConfigured as error:
        sys.exit(str(error))  # Celery logs and swallows a handler's exceptions; leaving it heeds
