"""Refunds: asked for in one transaction, done by Stripe after it, written down when Stripe has answered."""

from uuid import UUID

from django.utils import timezone

from accounts.people.models import User
from audit.services import record_audit, require_reason
from billing import gateway
from billing.errors import OrderNotRefundable, RefundNotWaiting, RefundNotWhole, RefundOutOfRange, StripeRefused
from billing.locks import lock_order, lock_refund
from billing.models import Order, Refund
from billing.selectors.orders import stopped_by_dispute
from billing.services.looks import flag_order
from billing.services.moves import HOLDING_STATES
from billing.services.orders import complete_order
from billing.services.refund_rows import add_refund, count_asked
from common.currencies import currency
from common.db.claims import try_again
from common.db.locking import locked_transaction
from common.money import Money

# A refunded order has something left only when a refund of it failed at Stripe: the buyer has lost pull, and still waits for the money.
_REFUNDABLE = HOLDING_STATES | {Order.State.REFUNDED}


def request_refund(*, order: Order, amount: int | None, reason: str, actor: User | None) -> Refund:
    """Have money given back to the buyer: the seller's transfer and our fee go back in proportion.

    The order moves when Stripe has done it: the whole ends pull within the pull token's lifetime and the registry's leeway, a part
    leaves it. Together refunds never exceed what was paid. What was promised back and failed at Stripe may be asked for again.

    Args:
        amount: minor units; None for all that is left.

    Raises:
        ReasonMissing: no reason.
        OrderNotRefundable: not paid, wholly refunded, or the buyer's bank holds the money or may yet take it.
        RefundOutOfRange: nothing, or more than is left.
        RefundNotWhole: a part of what is whole in this currency.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_order(order_id=order.pk)
        left = locked.refundable
        if locked.state not in _REFUNDABLE or not left.minor:
            raise OrderNotRefundable(state=locked.state)
        if stopped_by_dispute(locked):
            raise OrderNotRefundable(state=Order.State.DISPUTED)
        wanted = left.minor if amount is None else amount
        if not 0 < wanted <= left.minor:
            raise RefundOutOfRange(left=left)
        if wanted % (step := currency(locked.currency).step) and wanted != left.minor:
            raise RefundNotWhole(step=Money(step, locked.currency))
        refund = add_refund(order=locked, amount=wanted, reason=reason, actor=actor)
        locked.save(update_fields=["refund_asked_amount"])
        record_audit(actor=actor, action="order.refund_requested", target=locked, reason=reason, amount=wanted)
    return refund


def continue_refund(*, refund_id: UUID) -> Refund:
    """Do what is left to do of a refund: ask Stripe, and bring order and refund in line with its answer. Idempotent.

    Raises:
        StripeAway: nothing is known; the sweep goes on.
    """
    refund, asked_before = _begin(refund_id)
    if refund.state == Refund.State.WAITING and asked_before:
        # Stripe forgets idempotency keys after a day, so look for what an earlier attempt may have done.
        complete_order(order_id=refund.order_id)
        refund.refresh_from_db()
    if refund.state == Refund.State.WAITING and refund.stripe_refund_id is None:
        if stopped_by_dispute(refund.order):
            return _give_up(refund_id, "The payment is disputed: the buyer's bank gives the money back, or has decided against it.")
        try:
            gateway.create_refund(_asked(refund))
        except StripeRefused as refused:
            return _give_up(refund_id, refused.reason)
        complete_order(order_id=refund.order_id)
        refund.refresh_from_db()
    return refund


def _asked(refund: Refund) -> gateway.RefundRequest:
    return gateway.RefundRequest(
        refund_id=refund.pk,
        order_id=refund.order_id,
        payment_intent_id=refund.payment_intent_id,
        amount=refund.amount,
        with_fee=refund.order.application_fee > 0,
    )


def _begin(refund_id: UUID) -> tuple[Refund, bool]:
    """Count the first attempt before it is made; a sweep has counted its own. Return whether somebody may have asked Stripe before."""
    with locked_transaction():
        refund = lock_refund(refund_id=refund_id)
        asked_before = refund.attempts > 0
        if refund.state == Refund.State.WAITING and not asked_before:
            refund.attempts = 1
            refund.save(update_fields=["attempts"])
    return refund, asked_before


def retry_refund(*, refund: Refund, reason: str, actor: User) -> Refund:
    """Go on with a refund that waits, now and afresh, also if it was given up.

    Raises:
        ReasonMissing: no reason.
        RefundNotWaiting: Stripe has made or refused it.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_refund(refund_id=refund.pk)
        if locked.state != Refund.State.WAITING:
            raise RefundNotWaiting
        try_again(locked)
        record_audit(actor=actor, action="refund.retried", target=locked, reason=reason)
    return locked


def _give_up(refund_id: UUID, reason: str) -> Refund:
    """Write down that it will not be done. What was promised and cannot be kept is a matter for people."""
    order_id = Refund.objects.values_list("order_id", flat=True).get(pk=refund_id)
    with locked_transaction():
        order = lock_order(order_id=order_id)
        refund = lock_refund(refund_id=refund_id)
        if refund.state == Refund.State.WAITING and refund.stripe_refund_id is None:
            refund.state, refund.failure, refund.settled_at = Refund.State.FAILED, reason[:500], timezone.now()
            refund.save(update_fields=["state", "failure", "settled_at"])
            count_asked(order)
            flag_order(order, f"A refund of {refund.money} was not made: {reason}")
            order.save(update_fields=["refund_asked_amount", "flagged_at", "flag"])
            record_audit(actor=None, action="order.refund_failed", target=order, reason=reason)
    return refund
