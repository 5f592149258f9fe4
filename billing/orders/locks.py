"""The only place where orders are locked."""

from uuid import UUID

from billing.orders.models import Order
from common.db.locking import require_atomic


def lock_order(*, order_id: UUID) -> Order:
    """Lock the order for this transaction: whoever moves it or adds refunds to it holds it."""
    require_atomic()
    return Order.objects.select_for_update(of=("self",)).get(pk=order_id)
