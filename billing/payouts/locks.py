"""The only place where payouts are locked."""

from billing.payouts.models import Payout
from common.db.locking import locked


def lock_payout(*, payout_id: str) -> Payout:
    """Lock the payout for this transaction: whoever changes or posts it holds it."""
    return locked(Payout.objects.filter(pk=payout_id)).get()
