"""The only place where differences are locked; statements are claimed (common.db.claims)."""

from billing.reconciliation.models import Difference, Statement
from common.db.locking import locked


def lock_difference(*, difference_id: int) -> Difference:
    """Lock a difference: whoever ends it holds it."""
    return locked(Difference.objects.filter(pk=difference_id)).get()


def lock_statement(*, statement_id: int) -> Statement:
    """Lock a statement, to have it read again."""
    return locked(Statement.objects.filter(pk=statement_id)).get()
