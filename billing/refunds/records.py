"""The rows of refunds, kept in line with Stripe under the order's lock. No network here."""

from django.db.models import Sum
from django.utils import timezone

from accounts.people.models import User
from billing.orders.models import Order
from billing.refunds.models import Refund
from billing.stripe.payment_data import Payment, StripeRefund
from common.money import Money
from common.ops.queue import queue_after_commit

MADE_AT_STRIPE = "Made in Stripe's dashboard."
_STATES = {
    "succeeded": Refund.State.SUCCEEDED,
    "failed": Refund.State.FAILED,
    "canceled": Refund.State.FAILED,
}


def add_refund(*, order: Order, amount: Money, reason: str, actor: User | None) -> Refund:
    """Record a refund that must happen, and have it made after commit. The caller holds the order's lock and saves it."""
    refund = Refund.objects.create(
        order=order,
        payment_intent_id=order.payment_intent_id or "",
        amount=amount.minor,
        reason=reason[:500],
        requested_by=actor,
    )
    order.refund_requested_amount = (order.refund_requested + amount).minor
    queue_after_commit("billing.continue_refund", str(refund.pk))
    return refund


def promise_refund(order: Order, reason: str) -> None:
    """Have everything that is left of a payment refunded, by the shop itself."""
    if order.refundable.minor:
        add_refund(order=order, amount=order.refundable, reason=reason, actor=None)


def has_waiting_refund(order: Order) -> bool:
    """Whether Stripe has yet to settle a refund that we have requested."""
    return order.refunds.filter(state=Refund.State.WAITING).exists()


def record_refunds(order: Order, payment: Payment) -> list[Refund]:
    """Bring the order's refunds in line with Stripe's, those made in its dashboard included; return those that are settled by it."""
    settled = []
    for stripe_refund in payment.refunds:
        refund = _row_of(order, payment, stripe_refund)
        state = _STATES.get(stripe_refund.status, Refund.State.WAITING)
        if (refund.state, refund.stripe_refund_id) == (state, stripe_refund.stripe_id):
            continue
        if refund.state != state and state is not Refund.State.WAITING:
            settled.append(refund)
        refund.state, refund.stripe_refund_id, refund.failure = state, stripe_refund.stripe_id, stripe_refund.failure[:500]
        refund.settled_at = None if state is Refund.State.WAITING else timezone.now()
        refund.save(update_fields=["state", "stripe_refund_id", "failure", "settled_at"])
    update_requested_amount(order)
    return settled


def _row_of(order: Order, payment: Payment, stripe_refund: StripeRefund) -> Refund:
    rows = {refund.stripe_refund_id or str(refund.pk): refund for refund in order.refunds.all()}
    found = rows.get(stripe_refund.stripe_id) or rows.get(stripe_refund.refund_id)
    if found is not None:
        return found
    # Made by hand in Stripe's dashboard: it counts like any other.
    return Refund.objects.create(
        order=order,
        payment_intent_id=payment.intent_id or "",
        amount=stripe_refund.amount.minor,
        reason=MADE_AT_STRIPE,
    )


def update_requested_amount(order: Order) -> None:
    """Recompute what has been requested. A refund made in the dashboard may have overtaken one of ours, which Stripe then refuses."""
    rows = order.refunds.exclude(state=Refund.State.FAILED)
    requested = rows.aggregate(requested=Sum("amount", default=0))["requested"]
    order.refund_requested_amount = min(requested, order.amount)
