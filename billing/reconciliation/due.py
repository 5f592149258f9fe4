"""Statements that are due, taken by a sweep: one account that is slow or fails stops no other."""

from django.db.models import QuerySet
from django.utils import timezone

from billing.payments.due import run_due
from billing.reconciliation.backoffs import STATEMENTS
from billing.reconciliation.models import Statement
from billing.reconciliation.services import add_statements, reconcile_statement


def reconcile_due_statements() -> int:
    """Go on with the statements that are due; return how many were tried."""
    add_statements()
    return run_due(_open(), STATEMENTS, reconcile_statement, lambda statement: statement.account_id)


def has_due_statements() -> bool:
    """Whether a run has left something."""
    return _open().filter(due_at__lte=timezone.now(), given_up_at__isnull=True).exists()


def _open() -> QuerySet[Statement]:
    return Statement.objects.filter(closed_at__isnull=True).order_by("due_at")
