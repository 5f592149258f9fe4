"""The only place where subscriptions are locked."""

from uuid import UUID

from billing.subscriptions.models import Subscription
from common.db.locking import locked


def lock_subscription(*, subscription_id: UUID) -> Subscription:
    """Lock the subscription for this transaction: whoever changes its state, or what its buyer may pull by it, holds it."""
    return locked(Subscription.objects.filter(pk=subscription_id)).get()
