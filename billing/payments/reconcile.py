"""An order is brought in line with Stripe, by whoever hears of it first."""

from contextlib import suppress
from uuid import UUID

from django.utils import timezone

from audit.services import record_audit
from billing.orders.locks import lock_order
from billing.orders.models import Order
from billing.orders.stopped import orders_to_close
from billing.payments.observation import apply_observation, observe_order
from billing.stripe.checkout import expire_checkout
from billing.stripe.errors import StripeRefused
from common.db.errors import LockTimeout
from common.db.exclusive import alone
from common.db.locking import locked_transaction
from common.ops.tracing import describe_span, span

_ATTEMPTS = 10  # whoever is overtaken asks Stripe again, so this many can reconcile one order at the same moment


def reconcile_order(*, order_id: UUID, reason: str = "") -> Order:
    """Bring the order in line with what Stripe says of it now: the one way in which webhook, return page and sweep change it.

    Idempotent, and safe in any number of threads: the effects happen once, whoever comes first.

    Args:
        reason: why it was brought to where it is now, for the audit trail.

    Raises:
        StripeAway: nothing changed.
        StripeRefused: Stripe does not know it, for example because it was made under another key or mode.
        LockTimeout: others keep reconciling the same order; retryable.
    """
    with span("reconcile order", order=str(order_id)):
        for _ in range(_ATTEMPTS):
            observation = observe_order(order_id=order_id)
            if observation is None:
                return Order.objects.get(pk=order_id)
            with locked_transaction():
                order = apply_observation(observation, reason=reason)
            if order is not None:
                describe_span(state=order.state)
                return order
        raise LockTimeout


def close_checkout(*, order_id: UUID, reason: str = "") -> Order:
    """End an order's checkout: nobody can pay it afterwards. If somebody has, the order comes back paid.

    Args:
        reason: for the audit trail.

    Raises:
        StripeAway: nothing is known; call again.
    """
    order = Order.objects.get(pk=order_id)
    if order.checkout_session_id is None:
        return end_without_session(order_id=order_id, state=Order.State.EXPIRED, reason=reason or "It was never opened at Stripe.")
    with suppress(StripeRefused):  # complete or expired already: reconciling tells which
        expire_checkout(order.checkout_session_id)
    return reconcile_order(order_id=order_id, reason=reason)


def end_without_session(*, order_id: UUID, state: Order.State, reason: str) -> Order:
    """Close a pending order without a session: if Stripe has one after all, its address has never reached anybody."""
    with locked_transaction():
        order = lock_order(order_id=order_id)
        if order.state == Order.State.PENDING and order.checkout_session_id is None:
            order.state, order.closed_at, order.revision = state, timezone.now(), order.revision + 1
            order.save(update_fields=["state", "closed_at", "revision"])
            record_audit(actor=None, action=f"order.{state.value}", target=order, reason=reason)
    return order


def settle_order(*, order_id: UUID) -> Order:
    """Ask Stripe about a pending order whose webhook has not come; nothing while somebody else asks.

    The order ends if its time is over, or if its seller, product or image was stopped meanwhile.

    Raises:
        StripeAway, StripeRefused, LockTimeout: as `reconcile_order` says.
    """
    with alone(observer_name(order_id)) as first:
        return _settle(order_id) if first else Order.objects.get(pk=order_id)


def observer_name(order_id: UUID) -> str:
    """Return the name under which one process at a time asks Stripe about an order, unless a webhook brings its news."""
    return f"billing.order:{order_id}"


def _settle(order_id: UUID) -> Order:
    order = reconcile_order(order_id=order_id)
    if order.state != Order.State.PENDING or (order.checkout_session_id is not None and not order.checkout_url):
        return order  # nothing to close, or a bank debit under way
    if orders_to_close().filter(pk=order_id).exists():
        return close_checkout(order_id=order_id, reason="It can no longer be bought: its seller, product or image was stopped.")
    return close_checkout(order_id=order_id) if order.checkout_expires_at <= timezone.now() else order
