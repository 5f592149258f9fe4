"""One reconciliation of the books in a process of its own, as the worker runs it; prints its memory before and at its peak as JSON."""

import json
import os
import sys
import time

import django

django.setup()

from django.db.models import Count

from billing.reconciliation.due import has_due_statements
from billing.reconciliation.models import Difference, StatementLine
from billing.reconciliation.tasks import reconcile_books
from config.celery import app
from tools.bench.processes import peak, resident


def main() -> None:
    """Reach the state of an idle worker: every task's module loaded, connected to the database. Then reconcile until nothing is due."""
    app.loader.import_default_modules()
    StatementLine.objects.first()
    idle, began = resident(os.getpid()), time.monotonic()
    reconcile_books()
    while has_due_statements():
        reconcile_books()
    seconds, most = time.monotonic() - began, peak(os.getpid())
    kinds = dict(Difference.objects.order_by().values_list("kind").annotate(count=Count("pk")))
    found = {kind.value: kinds.get(kind.value, 0) for kind in Difference.Kind}
    json.dump({"idle": idle, "peak": most, "seconds": seconds, "lines": StatementLine.objects.count()} | found, sys.stdout)


if __name__ == "__main__":
    main()
