"""Having Stripe make refunds: each is requested once its row is committed, and recorded again when Stripe has answered."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from audit.services import record_audit
from billing.credits.access import resume_access
from billing.orders.locks import lock_order
from billing.orders.models import Order
from billing.orders.refund_windows import was_pulled
from billing.orders.selectors import stopped_by_dispute
from billing.orders.services import flag_order
from billing.orders.state import HOLDING_STATES
from billing.payments.reconcile import reconcile_order
from billing.receipts.refunds import queue_refusal_mail
from billing.refunds.locks import lock_refund
from billing.refunds.models import Refund
from billing.refunds.records import update_requested_amount
from billing.stripe.errors import StripeRefused
from billing.stripe.refunds import RefundRequest, create_refund
from common.db.locking import locked_transaction
from common.money import Money
from marketplace.insights.waiting import pulls_wait

PULLED: Final = "It was pulled since the sale."
# Stripe repeats what it answered to a key, so a later attempt needs another. Longer than an attempt may take (`billing.payments.tasks`):
# those that run at once share a key, and one with a new key sees what the ones before it have done.
_KEY_LASTS: Final = timedelta(minutes=10)


def continue_refund(*, refund_id: UUID) -> Refund:
    """Do what is left to do for a refund: ask Stripe, and bring order and refund in line with its answer. Idempotent.

    A buyer's own refund is decided first: not before its time, nor while pulls from before wait to be counted, and not in their favour if
    anything was pulled since the sale.
    Of one that a refund of Stripe's dashboard has overtaken, what is left is given back: the refund becomes one of that amount.

    Raises:
        StripeAway: nothing is known; the sweep goes on.
    """
    refund, tried_before = _begin(refund_id)
    if refund.state == Refund.State.WAITING and refund.origin == Refund.Origin.BUYER and not refund.stripe_refund_id:
        if timezone.now() < refund.decides_at or pulls_wait(before=refund.decides_at):
            return refund
        if was_pulled(refund.order):
            return _refuse_to_take_back(refund_id)
    if refund.state == Refund.State.WAITING and tried_before:
        # This attempt may have another key, so look for what an earlier one may have done.
        reconcile_order(order_id=refund.order_id)
        refund.refresh_from_db()
    if refund.state == Refund.State.WAITING and refund.stripe_refund_id is None:
        if stopped_by_dispute(refund.order):
            return _give_up(refund_id, "The payment is disputed: the buyer's bank gives the money back, or has decided against it.")
        try:
            _ask_stripe(refund)
        except StripeRefused as refused:
            return _give_up(refund_id, refused.reason)
        reconcile_order(order_id=refund.order_id)
        refund.refresh_from_db()
    return refund


def _ask_stripe(refund: Refund) -> None:
    """Ask Stripe for the refund, or for what is left of it where the dashboard has given back some of the same money since.

    How much that is is known only now: it may have come back meanwhile, or we may not have heard of it until Stripe refused.

    Raises:
        StripeAway, StripeRefused: as `create_refund`.
    """
    try:
        create_refund(request_for(refund, refund.money))
    except StripeRefused:
        left = reconcile_order(order_id=refund.order_id).total
        refund.refresh_from_db()
        waits = refund.state == Refund.State.WAITING and refund.stripe_refund_id is None
        if not waits or not 0 < left.minor < refund.amount:
            raise
        create_refund(request_for(refund, left))


def request_for(refund: Refund, amount: Money) -> RefundRequest:
    """Return what Stripe is asked for: so much of the refund, all of it unless the dashboard has overtaken it."""
    return RefundRequest(
        refund_id=refund.pk,
        order_id=refund.order_id,
        payment_intent_id=refund.payment_intent_id,
        amount=amount,
        with_share=refund.takes_back,
        with_fee=refund.takes_back and refund.order.fee.minor > 0,
        # Stripe refuses a key that it knows with another amount.
        key=f"refund-{refund.pk}"
        + (f"-{refund.key_since.timestamp()}" if refund.key_since else "")
        + (f"-{amount.minor}" if amount != refund.money else ""),
    )


def _begin(refund_id: UUID) -> tuple[Refund, bool]:
    """Count the first attempt before it is made, for a sweep has counted its own, and make its key unless the last one is of just now.

    Returns:
        The refund, and whether an earlier attempt may have reached Stripe.
    """
    with locked_transaction():
        refund = lock_refund(refund_id=refund_id)
        tried_before = refund.attempts > 0
        if refund.state == Refund.State.WAITING:
            now = timezone.now()
            refund.attempts = refund.attempts or 1
            if refund.key_since is None or now - refund.key_since > _KEY_LASTS:
                refund.key_since = now
            refund.save(update_fields=["attempts", "key_since"])
    return refund, tried_before


def _give_up(refund_id: UUID, reason: str) -> Refund:
    """Record that the refund will not be made. A promise that cannot be kept is a matter for staff."""
    order_id = Refund.objects.values_list("order_id", flat=True).get(pk=refund_id)
    with locked_transaction():
        order = lock_order(order_id=order_id)
        refund = lock_refund(refund_id=refund_id)
        if refund.state == Refund.State.WAITING and refund.stripe_refund_id is None:
            _fail(order, refund, reason)
            if order.total.minor:  # else the buyer has got all of it by the dashboard
                flag_order(order, f"A refund of {refund.money} was not made: {reason}")
            order.save(update_fields=["refund_requested_amount", "flagged_at", "flag"])
    return refund


def _refuse_to_take_back(refund_id: UUID) -> Refund:
    """The buyer pulled it after all, before access was paused or by a pull token that was issued before: they keep it."""
    order_id = Refund.objects.values_list("order_id", flat=True).get(pk=refund_id)
    with locked_transaction():
        order = lock_order(order_id=order_id)
        refund = lock_refund(refund_id=refund_id)
        if refund.state == Refund.State.WAITING and refund.stripe_refund_id is None:
            _fail(order, refund, PULLED)
            order.save(update_fields=["refund_requested_amount"])
            queue_refusal_mail(refund=refund)
    return refund


def _fail(order: Order, refund: Refund, reason: str) -> None:
    refund.state, refund.failure, refund.settled_at = Refund.State.FAILED, reason[:500], timezone.now()
    refund.save(update_fields=["state", "failure", "settled_at"])
    update_requested_amount(order)
    record_audit(actor=None, action="order.refund_failed", target=order, reason=reason)
    if refund.origin == Refund.Origin.BUYER and order.state in HOLDING_STATES:
        resume_access(order)
