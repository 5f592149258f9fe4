"""What the worker reads at Stripe every night."""

from billing.reconciliation import due
from common.jobs import periodic


@periodic(every=900, lane="money", limit=180, again=due.has_due_statements)
def reconcile_books() -> int:
    """Compare what Stripe lists with the books, account by account. Returns how many were tried."""
    return due.reconcile_due_statements()
