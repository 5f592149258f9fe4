"""One reconciliation in a process of its own, as the worker runs it; prints its memory before, and at its peak, as JSON."""

import json
import os
import sys
import time

import django

django.setup()

from django.db import connection

from config.celery import app
from registry_auth.inbox.models import RegistryEnvelope
from registry_auth.upkeep.tasks import reconcile_registry
from tools.bench.processes import peak, resident


def main() -> None:
    """Reach the state of an idle worker: every task's module loaded, connected to the database. Then reconcile."""
    app.loader.import_default_modules()
    RegistryEnvelope.objects.first()
    connection.queries_log.clear()
    idle, began = resident(os.getpid()), time.monotonic()
    reconcile_registry()
    figures = {"idle": idle, "peak": peak(os.getpid()), "after": resident(os.getpid()), "seconds": time.monotonic() - began}
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main()
