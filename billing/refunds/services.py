"""Refunds: requested in one transaction, made by Stripe after it, recorded when Stripe has answered."""

from accounts.people.models import User
from audit.services import record_audit, require_reason
from billing.orders.locks import lock_order
from billing.orders.models import Order
from billing.orders.selectors import stopped_by_dispute
from billing.orders.state import HOLDING_STATES
from billing.refunds.errors import OrderNotRefundable, RefundInOtherCurrency, RefundNotWaiting, RefundNotWhole, RefundOutOfRange
from billing.refunds.locks import lock_refund
from billing.refunds.models import Refund
from billing.refunds.records import add_refund
from common.db.claims import try_again
from common.db.locking import locked_transaction
from common.money import Money

# A refunded order has something left only if a refund of it failed at Stripe: the buyer has lost pull access and is still owed the money.
_REFUNDABLE = HOLDING_STATES | {Order.State.REFUNDED}


def request_refund(*, order: Order, amount: Money | None, reason: str, actor: User | None) -> Refund:
    """Have money given back to the buyer: the seller's transfer and our fee go back in proportion.

    The order changes once Stripe has made it: a full refund ends pull access within the pull token's lifetime and the registry's leeway,
    a partial one leaves it. Refunds together never exceed what was paid. One that was promised and failed at Stripe may be requested again.

    Args:
        amount: of the order's currency; None for all that is left.

    Raises:
        ReasonMissing: no reason.
        OrderNotRefundable: not paid, wholly refunded, or the buyer's bank holds the money or may yet take it.
        RefundInOtherCurrency: the order was paid in another one.
        RefundOutOfRange: nothing, or more than is left.
        RefundNotWhole: not a multiple of the currency's step.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_order(order_id=order.pk)
        left = locked.refundable
        if locked.state not in _REFUNDABLE or not left.minor:
            raise OrderNotRefundable(state=locked.state)
        if stopped_by_dispute(locked):
            raise OrderNotRefundable(state=Order.State.DISPUTED)
        wanted = left if amount is None else amount
        if wanted.currency != left.currency:
            raise RefundInOtherCurrency(currency=left.currency)
        if not 0 < wanted.minor <= left.minor:
            raise RefundOutOfRange(left=left)
        if wanted.minor % wanted.step.minor and wanted != left:
            raise RefundNotWhole(step=wanted.step)
        refund = add_refund(order=locked, amount=wanted, reason=reason, actor=actor)
        locked.save(update_fields=["refund_requested_amount"])
        record_audit(actor=actor, action="order.refund_requested", target=locked, reason=reason, amount=wanted.minor)
    return refund


def retry_refund(*, refund: Refund, reason: str, actor: User) -> Refund:
    """Go on with a waiting refund now, with all its attempts before it again, even if it was given up.

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
