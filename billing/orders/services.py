"""Flagging an order for staff, and what staff do about a flagged order."""

from django.db.models import Count
from django.utils import timezone

from accounts.people.models import User
from audit.services import record_audit, require_reason
from billing.orders.errors import OrderCannotBeEnded, OrderNotFlagged
from billing.orders.locks import lock_order
from billing.orders.models import Order
from common.db.claims import try_again
from common.db.locking import locked_transaction
from marketplace.products.services.search_entries import write_sales


def clear_flag(*, order: Order, reason: str, actor: User) -> Order:
    """Clear the flag: staff have checked the order. If Stripe still differs from what we sold, the next observation flags it again.

    Raises:
        ReasonMissing: no reason.
        OrderNotFlagged: nothing to do.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_order(order_id=order.pk)
        if locked.flagged_at is None:
            raise OrderNotFlagged
        locked.flagged_at, locked.flag = None, ""
        locked.save(update_fields=["flagged_at", "flag"])
        try_again(locked)  # an order that was given up is tried again
        record_audit(actor=actor, action="order.flag_cleared", target=locked, reason=reason)
    return locked


def end_order(*, order: Order, reason: str, actor: User) -> Order:
    """End a pending order that Stripe does not know: it was made under another key or mode, or at an account that is gone.

    If its buyer has paid all the same and Stripe reports it after all, that counts like any other late payment.

    Raises:
        ReasonMissing: no reason.
        OrderCannotBeEnded: it is not pending, or not flagged.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_order(order_id=order.pk)
        if locked.state != Order.State.PENDING or locked.flagged_at is None:
            raise OrderCannotBeEnded
        locked.state, locked.closed_at, locked.checkout_url = Order.State.FAILED, timezone.now(), ""
        locked.flagged_at, locked.flag, locked.revision = None, "", locked.revision + 1
        locked.save(update_fields=["state", "closed_at", "checkout_url", "flagged_at", "flag", "revision"])
        record_audit(actor=actor, action="order.failed", target=locked, reason=reason)
    return locked


def flag_order(order: Order, flag: str) -> None:
    """Flag the order for staff. The caller holds its lock and saves it; the first flag stays."""
    if order.flagged_at is None:
        order.flagged_at, order.flag = timezone.now(), flag[:500]
        record_audit(actor=None, action="order.flagged", target=order, reason=flag)


def add_up_sales() -> int:
    """Write for each product on offer how often it was sold, for the order of search results. Return how many numbers changed.

    A sale whose money went back, or was taken back, does not count, and neither does what cost nothing: a seller could give it to many.
    """
    kept = (Order.State.PAID, Order.State.PARTIALLY_REFUNDED, Order.State.DISPUTED)
    sales = Order.objects.filter(state__in=kept, amount__gt=0).order_by().values_list("product").annotate(sales=Count("pk"))
    return write_sales(sales=dict(sales))
