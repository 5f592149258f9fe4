"""The only place where refunds are locked."""

from uuid import UUID

from billing.refunds.models import Refund
from common.db.locking import locked


def lock_refund(*, refund_id: UUID) -> Refund:
    """Lock the refund for this transaction; the order first, if both are needed."""
    return locked(Refund.objects.filter(pk=refund_id)).get()
