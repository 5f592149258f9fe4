"""The inner listener: registry events and metrics, never behind the edge."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from common.db.statements import limit_statements
from common.ops.metrics import collect_also
from common.ops.task_tracing import trace_tasks
from common.ops.tracing import begin_tracing
from common.web.request_bodies import drain_request_body

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.inner")
begin_tracing("inner")  # before Django asks which middleware is used
trace_tasks()
django = get_wsgi_application()

from registry_auth.inbox import endpoint  # noqa: E402  its models need Django to be set up

application = drain_request_body(endpoint.before(django))
limit_statements(settings.LAYERSTORE_STATEMENT_SECONDS)

from config.processes.waiting import WaitingCollector  # noqa: E402  its models exist only now

collect_also(WaitingCollector())
