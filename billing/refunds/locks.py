"""The only place where refunds are locked."""

from uuid import UUID

from billing.refunds.models import Refund
from common.db.locking import require_atomic


def lock_refund(*, refund_id: UUID) -> Refund:
    """Lock the refund for this transaction; the order first, if both are needed."""
    require_atomic()
    return Refund.objects.select_for_update(of=("self",)).get(pk=refund_id)
