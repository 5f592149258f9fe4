"""The only place where rows of this app are locked.

Order: StripeEvent, then (accounts.locks, marketplace.locks) Membership, SellerProfile, Image, Product, then Order with its refunds,
then Entitlement.
"""

from uuid import UUID

from billing.models import Order, Refund, StripeEvent
from common.db.locking import require_atomic


def lock_event(*, event_id: str) -> StripeEvent:
    """Lock the inbox row for this transaction: whoever applies the event holds it. First in the lock order."""
    require_atomic()
    return StripeEvent.objects.select_for_update(of=("self",)).get(pk=event_id)


def lock_order(*, order_id: UUID) -> Order:
    """Lock the order for this transaction: whoever moves it or adds refunds to it holds it."""
    require_atomic()
    return Order.objects.select_for_update(of=("self",)).get(pk=order_id)


def lock_refund(*, refund_id: UUID) -> Refund:
    """Lock the refund for this transaction; the order first, if both are needed."""
    require_atomic()
    return Refund.objects.select_for_update(of=("self",)).get(pk=refund_id)
