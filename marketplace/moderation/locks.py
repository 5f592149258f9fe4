"""The only place where reports are locked."""

from uuid import UUID

from common.db.locking import locked
from marketplace.moderation.models import Report


def lock_report(*, report_id: UUID) -> Report:
    """Lock one report for this transaction. Whoever changes its state must hold this lock."""
    return locked(Report.objects.filter(pk=report_id)).get()
