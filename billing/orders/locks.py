"""The only place where orders are locked."""

from uuid import UUID

from billing.orders.models import Order
from common.db.locking import locked


def lock_order(*, order_id: UUID) -> Order:
    """Lock the order for this transaction: whoever changes its state or adds refunds to it holds it."""
    return locked(Order.objects.filter(pk=order_id)).get()
