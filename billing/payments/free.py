"""Orders that cost nothing, because a discount or a credit took all of the price: granted without Stripe, and taken back without it."""

from django.utils import timezone

from accounts.people.models import User
from audit.services import record_audit, require_reason
from billing.credits.access import end_access
from billing.credits.locks import lock_order_with_credits
from billing.orders.errors import OrderIsNotFree
from billing.orders.metrics import note_order
from billing.orders.models import Order
from billing.payments.grants import follow_transition
from common.db.locking import locked_transaction, require_atomic
from marketplace.images.models import Image


def grant_free_order(order: Order, images: list[Image]) -> Order:
    """Let the buyer of an order of nothing pull, in the transaction that placed it: an entitlement like any that was bought."""
    require_atomic()
    came_from, now = Order.State(order.state), timezone.now()
    order.state, order.paid_at, order.booked_at = Order.State.PAID, now, now  # Stripe moves nothing that has to be booked
    order.save(update_fields=["state", "paid_at", "booked_at"])
    record_audit(
        actor=order.placed_by, action="order.paid", target=order, reason="Its discount or what was credited takes all of the price."
    )
    note_order(state=Order.State.PAID)
    follow_transition(order, came_from=came_from, images=images)
    return order


def take_back_free_order(*, order: Order, reason: str, actor: User) -> Order:
    """End pull access that an order of nothing gave; its discount and its credits are released. Money cannot be given back for it.

    Raises:
        ReasonMissing: no reason.
        OrderIsNotFree: it was paid for, or has ended already.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_order_with_credits(order_id=order.pk)
        if locked.amount or locked.state != Order.State.PAID:
            raise OrderIsNotFree
        locked.state, locked.closed_at, locked.revision = Order.State.REFUNDED, timezone.now(), locked.revision + 1
        locked.save(update_fields=["state", "closed_at", "revision"])
        end_access(order=locked, reason=reason)
        record_audit(actor=actor, action="order.taken_back", target=locked, reason=reason)
        note_order(state=Order.State.REFUNDED)
    return locked
