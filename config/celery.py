"""The worker and the scheduler: which tasks exist is found in each app's `tasks`, when they run stands in the settings."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

app = Celery("layerstore")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
