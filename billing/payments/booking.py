"""Bringing a sale into the books that was paid and is not in them."""

from uuid import UUID

from billing.orders.models import Order
from billing.payments.errors import NotInTheBooksYet
from billing.payments.reconcile import reconcile_order


def book_order(*, order_id: UUID) -> Order:
    """Ask Stripe what it has moved for a paid order, and post it. Idempotent.

    Raises:
        NotInTheBooksYet: Stripe has moved nothing yet, or says something else than what we sold, which the order is flagged for.
        StripeAway, StripeRefused, LockTimeout: as `reconcile_order` says.
    """
    order = reconcile_order(order_id=order_id)
    if order.booked_at is None:
        raise NotInTheBooksYet
    return order
