"""The web process: pages, API, admin."""

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from common.db.statements import limit_statements
from common.ops.metrics import serve_metrics
from common.ops.task_tracing import trace_tasks
from common.ops.tracing import begin_tracing
from common.web.request_bodies import drain_request_body

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
begin_tracing("web")  # before Django asks which middleware is used
trace_tasks()
application = drain_request_body(get_wsgi_application())
limit_statements(settings.LAYERSTORE_STATEMENT_SECONDS)

from config.celery import all_jobs  # noqa: E402  its models exist only now
from config.checks import refuse_unsafe  # noqa: E402  the same

refuse_unsafe()
# Else the first request of each worker would load the pages, and the first that queues something the tasks.
import_module(settings.ROOT_URLCONF)
all_jobs()
serve_metrics(settings.LAYERSTORE_METRICS_PORT)
