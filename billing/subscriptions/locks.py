"""The only place where subscriptions are locked."""

from uuid import UUID

from billing.subscriptions.models import Subscription
from billing.subscriptions.price_models import PriceChange
from billing.subscriptions.upgrade_models import Upgrade
from common.db.locking import locked


def lock_subscription(*, subscription_id: UUID) -> Subscription:
    """Lock the subscription for this transaction: whoever changes its state, or what its buyer may pull by it, holds it."""
    return locked(Subscription.objects.filter(pk=subscription_id)).get()


def lock_price_change(*, change_id: UUID) -> PriceChange:
    """Lock a change of price for this transaction. Whoever writes its state holds its subscription's lock instead, or as well."""
    return locked(PriceChange.objects.filter(pk=change_id)).get()


def lock_upgrade(*, upgrade_id: UUID) -> Upgrade:
    """Lock an upgrade for this transaction. Whoever writes its state holds its subscription's lock instead."""
    return locked(Upgrade.objects.filter(pk=upgrade_id)).get()
