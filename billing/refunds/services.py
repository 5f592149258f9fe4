"""Refunds: requested in one transaction, made by Stripe after it, recorded when Stripe has answered (docs/adr, 0063)."""

from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.organisations.buying import keep_buyer
from accounts.people.models import User
from audit.services import record_audit, require_reason
from billing.credits.access import pause_access
from billing.credits.errors import CreditedElsewhere
from billing.orders.locks import lock_order
from billing.orders.models import Order
from billing.orders.refund_windows import own_refund_until, seller_refunds_until, was_pulled
from billing.orders.selectors import kept_because_of, stopped_by_dispute
from billing.orders.state import HOLDING_STATES
from billing.refunds.errors import (
    OrderNotRefundable,
    OwnRefundNotOffered,
    PulledAlready,
    RefundedMeanwhile,
    RefundInOtherCurrency,
    RefundNotWaiting,
    RefundNotWhole,
    RefundOutOfRange,
    SellerRefundsEnded,
)
from billing.refunds.locks import lock_refund
from billing.refunds.models import Refund
from billing.refunds.records import add_refund
from common.db.claims import try_again
from common.db.locking import locked_transaction
from common.money import Money
from marketplace.images.ownership import require_cashier

# A refunded order has something left only if a refund of it failed at Stripe: the buyer has lost pull access and is still owed the money.
_REFUNDABLE = HOLDING_STATES | {Order.State.REFUNDED}
GIVEN_BACK = gettext_noop("The buyer gave it back: nothing had been pulled.")


def request_refund(
    *,
    order: Order,
    amount: Money | None,
    reason: str,
    actor: User | None,
    origin: Refund.Origin = Refund.Origin.STAFF,
    shown: int | None = None,
) -> Refund:
    """Have money given back to the buyer: the seller's transfer and our fee go back in proportion.

    The order changes once Stripe has made it: a full refund ends pull access within the pull token's lifetime and the registry's leeway,
    a partial one leaves it. Refunds together never exceed what was paid. One that was promised and failed at Stripe may be requested again.

    Args:
        amount: of the order's currency; None for all that is left.
        origin: whose decision it is.
        shown: minor units that were left when it was decided, so that the same click twice takes a part once; None if nobody looked.

    Returns:
        The refund; if a failed one has left a part of the money with us, the one of that part, and the rest is a second one.

    Raises:
        ReasonMissing: no reason.
        OrderNotRefundable: not paid, wholly refunded, or the buyer's bank holds the money or may yet take it.
        RefundedMeanwhile: not what was shown is left.
        RefundInOtherCurrency: the order was paid in another one.
        RefundOutOfRange: nothing, or more than is left.
        RefundNotWhole: not a multiple of the currency's step.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_order(order_id=order.pk)
        left = _left_of(locked)
        if shown is not None and shown != locked.refundable.minor:
            raise RefundedMeanwhile(left=locked.refundable)
        wanted = left if amount is None else amount
        if wanted.currency != left.currency:
            raise RefundInOtherCurrency(currency=left.currency)
        if not 0 < wanted.minor <= left.minor:
            raise RefundOutOfRange(left=left)
        if wanted.minor % wanted.step.minor and wanted != left:
            raise RefundNotWhole(step=wanted.step)
        return _add(locked, wanted, reason, actor, origin)


def refund_by_seller(*, order: Order, amount: Money | None, reason: str, actor: User, shown: int | None = None) -> Refund:
    """Have the seller give money back, as `request_refund` does; the buyer reads the reason.

    Raises:
        NotYours, RoleNotEnough: the actor does not look after the seller's money.
        SellerRefundsEnded: it was paid too long ago.
        ReasonMissing, OrderNotRefundable, RefundedMeanwhile, RefundInOtherCurrency, RefundOutOfRange, RefundNotWhole: as `request_refund`.
    """
    require_cashier(actor, order.seller_id)
    until = seller_refunds_until(order)
    if until is not None and until < timezone.now():
        raise SellerRefundsEnded(ended_at=until)
    return request_refund(order=order, amount=amount, reason=reason, actor=actor, origin=Refund.Origin.SELLER, shown=shown)


def give_back(*, order: Order, actor: User) -> Refund:
    """Have the buyer take all that is left of the money back alone, because nothing was pulled.

    Pull access is paused now, and a gift can no longer be claimed. The refund is decided at its `decides_at`: by then the last pull token
    that was issued before has ended, and each pull has been counted. If there was one after all, it is refused, and access goes on.

    Raises:
        NoSuchOrganisation, RoleDoesNotBuy: the actor does not buy for the buyer.
        OrderNotRefundable: as `request_refund`.
        OwnRefundNotOffered: it was not offered at the sale, or its time is over.
        CreditedElsewhere: it made a later purchase cheaper, which still stands and for which more was paid.
        PulledAlready: an image of the order was pulled since the sale.
    """
    with locked_transaction():
        keep_buyer(user=actor, account=order.buyer)
        locked = lock_order(order_id=order.pk)
        if locked.state not in HOLDING_STATES:
            raise OrderNotRefundable(state=locked.state)
        left, until = _left_of(locked), own_refund_until(locked)
        if until is None or until < timezone.now():
            raise OwnRefundNotOffered
        if (later := kept_because_of(locked)) is not None:
            raise CreditedElsewhere(number=later.number)
        if was_pulled(locked):
            raise PulledAlready
        refund = _add(locked, left, GIVEN_BACK, actor, Refund.Origin.BUYER)
        pause_access(locked)
    return refund


def _left_of(order: Order) -> Money:
    left = order.refundable
    if order.state not in _REFUNDABLE or not left.minor:
        raise OrderNotRefundable(state=order.state)
    if stopped_by_dispute(order):
        raise OrderNotRefundable(state=Order.State.DISPUTED)
    return left


def _add(order: Order, amount: Money, reason: str, actor: User | None, origin: Refund.Origin) -> Refund:
    refund = add_refund(order=order, amount=amount, reason=reason, actor=actor, origin=origin)
    order.save(update_fields=["refund_requested_amount"])
    record_audit(actor=actor, action="order.refund_requested", target=order, reason=reason, amount=amount.minor)
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
