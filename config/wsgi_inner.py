"""The inner listener: registry events and metrics, never behind the edge."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from common.db.statements import limit_statements
from common.ops.metrics import collect_also, serve_metrics
from common.ops.task_tracing import trace_tasks
from common.ops.tracing import begin_tracing
from common.web.request_bodies import drain_request_body

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.inner")
begin_tracing("inner")  # before Django asks which middleware is used
trace_tasks()
application = drain_request_body(get_wsgi_application())
limit_statements(settings.LAYERSTORE_STATEMENT_SECONDS)

from config.processes.waiting import WaitingCollector  # noqa: E402  its models exist only now

collect_also(WaitingCollector())
serve_metrics(settings.LAYERSTORE_METRICS_PORT)
