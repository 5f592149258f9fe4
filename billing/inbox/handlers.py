"""What each type of Stripe's events leads to: one table. A new type is one line in it, and a function here unless one fits.

An event tells only that something happened. Its handler asks Stripe what is true now, and writes the effect and `handled_at` together.
"""

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from django.utils import timezone

from billing.inbox.locks import lock_event
from billing.inbox.models import StripeEvent
from billing.ledger.payouts import reconcile_payout
from billing.orders.models import Order
from billing.payments.observation import apply_observation, observe_order
from billing.payouts.services import refresh_stripe_account
from billing.renewals.reconcile import reconcile_subscription
from billing.stripe.payments import order_id_of_charge, order_id_of_dispute, order_id_of_refund, order_id_of_session
from billing.stripe.subscriptions import subscription_of_invoice
from billing.subscriptions.models import Subscription
from common.db.errors import LockTimeout
from common.db.locking import locked_transaction

_ATTEMPTS = 5


def handle_session(event: StripeEvent) -> None:
    """Reconcile the order of a Checkout Session, which may not know its session yet."""
    known = Order.objects.filter(checkout_session_id=event.object_id).values_list("pk", flat=True).first()
    _reconcile(event, known or _order_named(order_id_of_session(event.object_id)), session_id=event.object_id)


def handle_charge(event: StripeEvent) -> None:
    """Reconcile the order of a charge."""
    _reconcile(event, _order_named(order_id_of_charge(event.object_id)))


def handle_refund(event: StripeEvent) -> None:
    """Reconcile the order of a refund."""
    _reconcile(event, _order_named(order_id_of_refund(event.object_id)))


def handle_dispute(event: StripeEvent) -> None:
    """Reconcile the order of a dispute."""
    _reconcile(event, _order_named(order_id_of_dispute(event.object_id)))


def handle_subscription(event: StripeEvent) -> None:
    """Bring a subscription in line, with the orders of the periods that were paid."""
    _reconcile_subscription(event, event.object_id)


def handle_invoice(event: StripeEvent) -> None:
    """Bring the subscription of an invoice in line."""
    _reconcile_subscription(event, subscription_of_invoice(event.object_id))


def _reconcile_subscription(event: StripeEvent, stripe_id: str) -> None:
    """One that is not known here is begun by the order of its session, whose event comes as well."""
    found = Subscription.objects.filter(stripe_subscription_id=stripe_id).first() if stripe_id else None
    if found is not None:
        found = reconcile_subscription(subscription_id=found.pk)
    with locked_transaction():
        mark_handled(event.pk, f"subscription {found.state}" if found else "no subscription here")


def handle_account(event: StripeEvent) -> None:
    """Bring the seller who is paid on a connected account up to date."""
    seller = refresh_stripe_account(stripe_account_id=event.account_id or event.object_id)
    with locked_transaction():
        mark_handled(event.pk, "seller brought up to date" if seller else "nobody's account here")


def handle_payout(event: StripeEvent) -> None:
    """Bring a payout, of ours or of a seller, in line and into the books."""
    payout = reconcile_payout(payout_id=event.object_id, account_id=event.account_id)
    with locked_transaction():
        mark_handled(event.pk, f"payout {payout.status}" if payout else "nobody's account here")


def ignore_event(event: StripeEvent) -> None:
    """Do nothing about a type that another version of the shop has stored and this one does not handle."""
    with locked_transaction():
        mark_handled(event.pk, "not handled by this version")


HANDLERS: Final[Mapping[str, Callable[[StripeEvent], None]]] = {
    "checkout.session.completed": handle_session,
    "checkout.session.async_payment_succeeded": handle_session,
    "checkout.session.async_payment_failed": handle_session,
    "checkout.session.expired": handle_session,
    "customer.subscription.updated": handle_subscription,
    "customer.subscription.deleted": handle_subscription,
    "invoice.paid": handle_invoice,
    "invoice.payment_failed": handle_invoice,
    "charge.refunded": handle_charge,
    "charge.refund.updated": handle_refund,  # its object is the refund
    "refund.updated": handle_refund,
    "refund.failed": handle_refund,
    "charge.dispute.created": handle_dispute,
    "charge.dispute.updated": handle_dispute,
    "charge.dispute.funds_withdrawn": handle_dispute,
    "charge.dispute.funds_reinstated": handle_dispute,
    "charge.dispute.closed": handle_dispute,
    "payout.created": handle_payout,
    "payout.updated": handle_payout,
    "payout.paid": handle_payout,
    "payout.failed": handle_payout,
    "payout.canceled": handle_payout,
    "account.updated": handle_account,
    "account.application.deauthorized": handle_account,
}


def mark_handled(event_id: str, outcome: str) -> None:
    """Write down that an event is handled, and what came of it; the first outcome stays. Runs in the caller's transaction."""
    event = lock_event(event_id=event_id)
    if event.handled_at is None:
        event.handled_at, event.outcome, event.last_error = timezone.now(), outcome[:200], ""
        event.save(update_fields=["handled_at", "outcome", "last_error"])


def _order_named(order_id: str) -> UUID | None:
    """Return the id of our order that an object at Stripe names, or None: other software may use the same Stripe account."""
    try:
        named = UUID(order_id)
    except ValueError:  # a payment that names none: of a later period of a subscription
        return Order.objects.filter(payment_intent_id=order_id).values_list("pk", flat=True).first() if order_id else None
    return Order.objects.filter(pk=named).values_list("pk", flat=True).first()


def _reconcile(event: StripeEvent, order_id: UUID | None, *, session_id: str = "") -> None:
    """Do what `reconcile_order` does, in one transaction with `handled_at`."""
    if order_id is None:
        with locked_transaction():
            mark_handled(event.pk, "no order of ours")
        return
    for _ in range(_ATTEMPTS):
        observation = observe_order(order_id=order_id, session_id=session_id)
        with locked_transaction():
            if lock_event(event_id=event.pk).handled_at is not None:
                return
            order = apply_observation(observation) if observation else Order.objects.get(pk=order_id)
            if order is not None:
                mark_handled(event.pk, f"order {order.number} {order.state}")
                return
    raise LockTimeout
