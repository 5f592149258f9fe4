"""The rows of refunds, kept in line with Stripe under the order's lock. No network here."""

from django.db.models import Q, Sum
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


def add_refund(*, order: Order, amount: Money, reason: str, actor: User | None, origin: Refund.Origin) -> Refund:
    """Record a refund that must happen, and have it made after commit. The caller holds the order's lock and saves it.

    What a failed refund has left with us goes first, in a refund of its own that takes nothing back from the seller a second time.
    """
    with_us = min(left_with_us(order), amount)
    refunds = [
        _new(order, part, reason=reason, actor=actor, origin=origin, takes_back=takes_back)
        for part, takes_back in ((with_us, False), (amount - with_us, True))
        if part.minor
    ]
    order.refund_requested_amount = (order.refund_requested + amount).minor
    return refunds[0]


def _new(order: Order, amount: Money, *, reason: str, actor: User | None, origin: Refund.Origin, takes_back: bool) -> Refund:
    refund = Refund(
        order=order,
        payment_intent_id=order.payment_intent_id or "",
        amount=amount.minor,
        reason=reason[:500],
        requested_by=actor,
        origin=origin,
        takes_back=takes_back,
    )
    refund.due_at = refund.decides_at
    refund.save(force_insert=True)
    if origin is not Refund.Origin.BUYER:  # the sweep finds it when it is decided
        queue_after_commit("billing.continue_refund", str(refund.pk))
    return refund


def left_with_us(order: Order) -> Money:
    """Return what refunds that failed after Stripe had made them took back from the seller, and no refund has given to the buyer since."""
    failed = Q(state=Refund.State.FAILED)
    sums = order.refunds.aggregate(
        kept=Sum("amount", filter=failed & Q(takes_back=True, stripe_refund_id__isnull=False), default=0),
        given=Sum("amount", filter=~failed & Q(takes_back=False), default=0),
    )
    return Money(max(sums["kept"] - sums["given"], 0), order.currency)


def is_being_given_back(order: Order) -> bool:
    """Whether the buyer's own refund is not settled yet: pull access is paused meanwhile."""
    return order.refunds.filter(state=Refund.State.WAITING, origin=Refund.Origin.BUYER).exists()


def promise_refund(order: Order, reason: str) -> None:
    """Have everything that is left of a payment refunded, by the shop itself."""
    if order.refundable.minor:
        add_refund(order=order, amount=order.refundable, reason=reason, actor=None, origin=Refund.Origin.SHOP)


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
        refund.amount, refund.takes_back = stripe_refund.amount.minor, stripe_refund.took_back  # less, if the dashboard has overtaken it
        refund.settled_at = None if state is Refund.State.WAITING else timezone.now()
        refund.save(update_fields=["state", "stripe_refund_id", "failure", "amount", "settled_at", "takes_back"])
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
        origin=Refund.Origin.STRIPE,
        takes_back=stripe_refund.took_back,
    )


def update_requested_amount(order: Order) -> None:
    """Recompute what has been requested. A refund made in the dashboard may have overtaken one of ours, which then becomes less."""
    rows = order.refunds.exclude(state=Refund.State.FAILED)
    requested = rows.aggregate(requested=Sum("amount", default=0))["requested"]
    order.refund_requested_amount = min(requested, order.amount)
