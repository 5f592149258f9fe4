"""An observation: what Stripe says of one order, fetched outside of any transaction, and applied only if no newer one has been.

Two observations at once may arrive in either order. Each carries the order's revision from before its request to Stripe, and each one that
is applied raises it; so an older answer never overwrites a newer one. It is stale, and Stripe is asked again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from accounts.sellers.locks import lock_seller
from audit.services import record_audit
from billing.credits.locks import lock_order_with_credits
from billing.disputes.records import record_disputes
from billing.disputes.reversals import promise_reversals
from billing.invoices.services import document_order
from billing.ledger.fees import settle_fee
from billing.ledger.services import post_payment
from billing.orders.mails import tell_buyer_of_debit
from billing.orders.metrics import note_order
from billing.orders.models import Order
from billing.orders.selectors import image_ids_of_order
from billing.orders.services import flag_order
from billing.orders.state import GONE_STATES, HOLDING_STATES, PAID_STATES, TRANSITIONS, UNPAID_STATES, state_of
from billing.orders.stopped import why_stopped
from billing.payments.differences import differences, words_for_staff
from billing.payments.grants import follow_transition, reason_to_return
from billing.payments.periods import begin_subscription, given_image_ids
from billing.receipts.refunds import queue_failure_mails, queue_refund_mails
from billing.refunds.models import Refund
from billing.refunds.records import has_waiting_refund, promise_refund, record_refunds
from billing.stripe.payment_data import DisputeState, Payment
from billing.stripe.payments import read_payment, read_period
from marketplace.images.locks import lock_images
from marketplace.images.models import Image
from marketplace.products.locks import lock_product
from marketplace.trials.services.purchases import remember_card

# What an observation may change of an order. Everything else belongs to other code, even where nobody else writes today.
_WRITTEN = (
    "revision",
    "due_at",
    "attempts",
    "last_error",
    "given_up_at",
    "state",
    "checkout_session_id",
    "checkout_url",
    "payment_intent_id",
    "paid_with",
    "tax_amount",
    "tax_lines",
    "refunded_amount",
    "refund_requested_amount",
    "paid_at",
    "booked_at",
    "closed_at",
    "flagged_at",
    "flag",
    "subscription",
    "invoice_id",
    "period_start",
    "period_end",
)
_SOONEST, _LATEST = timedelta(minutes=1), timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Observation:
    """What Stripe said of an order that stood at `revision` before it was asked."""

    order_id: UUID
    revision: int
    payment: Payment


@dataclass(frozen=True, slots=True)
class Sold:
    """What an order sold, locked.

    Attributes:
        images: that it sold.
        grown: what its subscription has given beyond them.
        why_stopped: why nobody may buy it any more; empty if they may.
    """

    images: list[Image]
    grown: list[Image]
    why_stopped: str


def observe_order(*, order_id: UUID, session_id: str = "") -> Observation | None:
    """Ask Stripe about the order; None while it has no session.

    Args:
        session_id: the session that names this order, if the order's own row does not know it yet.
    """
    order = Order.objects.only("revision", "checkout_session_id", "invoice_id").get(pk=order_id)
    session_id = session_id or order.checkout_session_id or ""
    if session_id:
        return Observation(order_id, order.revision, read_payment(session_id))
    return Observation(order_id, order.revision, read_period(order.invoice_id)) if order.invoice_id else None


def apply_observation(observation: Observation, *, reason: str = "") -> Order | None:
    """Bring the order in line with what Stripe said; None if the observation is stale. Runs in the caller's transaction.

    Applying the same twice changes nothing. What differs from what we sold is flagged for staff and grants nothing.

    Args:
        reason: why the order was brought to where it is now, for the audit trail.
    """
    sold = _lock_sold(observation)
    order = lock_order_with_credits(order_id=observation.order_id)
    if order.revision != observation.revision:
        return None
    order.revision += 1
    was_unbooked = order.paid_at is not None and order.booked_at is None
    if observation.payment.status != "open":
        order.checkout_url = ""
    if wrong := differences(order, observation.payment):
        flag_order(order, "Stripe differs from what we sold: " + "; ".join(wrong))
    else:
        _apply_payment(order, observation.payment, sold, reason)
    if not was_unbooked or order.booked_at is not None:  # else its attempts go on: it is asked about until it is booked or given up
        order.attempts, order.last_error, order.given_up_at, order.due_at = 0, "", None, next_observation_at(order, timezone.now())
    order.save(update_fields=_WRITTEN)
    return order


def _apply_payment(order: Order, payment: Payment, sold: Sold, reason: str) -> None:
    """Bring everything that follows from a payment in line with it: refunds, disputes, books, the order's state, documents, mails."""
    _copy_payment(order, payment)
    settled = record_refunds(order, payment)
    for concern in (*record_disputes(order, payment), *promise_reversals(order, payment)):
        flag_order(order, concern)
    post_payment(order, payment)
    _settle_fee(order, payment)
    failed = [refund for refund in settled if refund.state == Refund.State.FAILED]
    _flag_failed_refunds(order, failed)
    came_from = Order.State(order.state)
    _transition(order, payment, sold, reason)
    _remember_card(order, payment, came_from)
    document_order(order, payment, came_from=came_from)  # last but for mails: sellers' sales wait for each other's numbers
    if order.waits_for_bank:
        tell_buyer_of_debit(order)
    for refund in settled:
        queue_failure_mails(refund=refund) if refund in failed else queue_refund_mails(refund=refund)


def _remember_card(order: Order, payment: Payment, came_from: Order.State) -> None:
    """Remember the card of a payment that has just come, whatever becomes of it: it has no trial after its buyer's."""
    if payment.card and payment.paid and came_from in UNPAID_STATES:
        remember_card(account=order.buyer, fingerprint=payment.card)


def _settle_fee(order: Order, payment: Payment) -> None:
    """Give back what is the seller's of our fee. After a lost dispute all of it is settled with the transfer that is taken back."""
    if payment.refunds and payment.dispute is not DisputeState.LOST:
        with words_for_staff():
            for concern in settle_fee(order):
                flag_order(order, concern)


def _lock_sold(observation: Observation) -> Sold:
    image_ids = image_ids_of_order(observation.order_id)
    of_order = Order.objects.only("seller_id", "product_id", "subscription_id", "state").get(pk=observation.order_id)
    to_lock = image_ids | (given_image_ids(of_order.subscription_id) if of_order.subscription_id else set())
    if not observation.payment.paid or of_order.state not in UNPAID_STATES:  # a paid order never becomes unpaid
        return _sold(lock_images(image_ids=to_lock), image_ids, "")
    seller = lock_seller(account_id=of_order.seller_id)
    images = lock_images(image_ids=to_lock)
    product = lock_product(product_id=of_order.product_id)
    own = [image for image in images if image.pk in image_ids]
    return _sold(images, image_ids, why_stopped(seller=seller, product=product, images=own))


def _sold(locked: list[Image], image_ids: set[UUID], why: str) -> Sold:
    """Tell what the order sold from what its subscription has grown by: only the former decides whether it is honoured."""
    return Sold([one for one in locked if one.pk in image_ids], [one for one in locked if one.pk not in image_ids], why)


def next_observation_at(order: Order, now: datetime) -> datetime:
    """Return when the sweep asks again: after a quarter of the order's age, because an order that has waited long can wait longer."""
    return now + min(max((now - order.created_at) / 4, _SOONEST), _LATEST)


def _copy_payment(order: Order, payment: Payment) -> None:
    order.checkout_session_id = payment.session_id or None
    order.payment_intent_id = payment.intent_id
    order.paid_with = payment.paid_with
    order.refunded_amount = min(payment.refunded, order.money).minor
    order.tax_amount = sum(line.amount.minor for line in payment.taxes)
    order.tax_lines = [
        {"name": line.name, "percent": line.percent, "country": line.country, "amount": line.amount.minor} for line in payment.taxes
    ]


def _flag_failed_refunds(order: Order, failed: list[Refund]) -> None:
    """Have staff see that a buyer has not got the money: we have it, and owe it to them."""
    for refund in failed:
        with words_for_staff():
            flag_order(order, f"A refund of {refund.money} failed at Stripe: {refund.failure}")


def _reason_to_return(order: Order, payment: Payment, sold: Sold) -> str:
    disputed = bool(payment.disputes)
    return reason_to_return(order, sold.images, came_from=Order.State(order.state), disputed=disputed, stopped=sold.why_stopped)


def _transition(order: Order, payment: Payment, sold: Sold, reason: str) -> None:
    if payment.subscribed and payment.paid:
        begin_subscription(order, payment.subscribed)
    came_from, to = Order.State(order.state), state_of(payment, price=order.money, now=Order.State(order.state))
    if to in HOLDING_STATES and (why := _reason_to_return(order, payment, sold)):
        # The refund is promised in the same transaction, and nothing is granted for the payment.
        promise_refund(order, why)
        to, reason = Order.State.REFUNDED, why
    if to == came_from:
        return
    if to not in TRANSITIONS[came_from]:
        if not has_waiting_refund(order):
            flag_order(order, f"The order is {came_from.replace('_', ' ')}, and Stripe says {to.replace('_', ' ')}.")
        return
    now = timezone.now()
    order.state = to
    if to in PAID_STATES and order.paid_at is None:
        order.paid_at = now
    order.closed_at = now if to in GONE_STATES or to in UNPAID_STATES else None
    record_audit(actor=None, action=f"order.{to.value}", target=order, reason=reason)
    note_order(state=to)
    follow_transition(order, came_from=came_from, images=[*sold.images, *sold.grown])
