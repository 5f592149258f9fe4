"""What follows from an order's transition: what the buyer may pull, and the receipt."""

from django.utils.translation import gettext_noop

from billing.credits.access import end_access, end_what_went_back, give_access_again, later_orders, pause_access, resume_access
from billing.credits.selectors import why_credit_is_gone
from billing.disputes.mails import tell_buyer_of_dispute
from billing.gifts.services import open_gift, wish_of
from billing.orders.mails import tell_buyer_of_debit
from billing.orders.models import Order
from billing.orders.selectors import holds_all
from billing.orders.state import GONE_STATES, HOLDING_STATES, UNPAID_STATES
from billing.payments.periods import follow_order
from billing.receipts.services import queue_receipt
from billing.refunds.records import is_being_given_back
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.services.grants import grant_entitlements
from marketplace.images.models import Image
from marketplace.trials.services.purchases import take_over_trial

_ORDER = Entitlement.Source.ORDER
_WHY_GONE = {
    Order.State.REFUNDED: gettext_noop("The order was refunded."),
    Order.State.CHARGED_BACK: gettext_noop("The buyer's bank took the money back."),
}
_WHY_GIFT_GONE = {
    Order.State.REFUNDED: gettext_noop("The payment for this gift was refunded."),
    Order.State.CHARGED_BACK: gettext_noop("The bank of whoever paid for this gift took the money back."),
}


def reason_to_return(order: Order, images: list[Image], *, came_from: Order.State, disputed: bool, stopped: str) -> str:
    """Return why a payment that has just become ours is refunded at once, as `why_stopped` does; empty if it is honoured.

    The rule: a payment is honoured however late it comes, also for an order that had expired or failed here, unless it buys nothing:
    the buyer holds all of it already (two tabs, two products with the same images, a dispute won after both) and does not give it to
    somebody else, its seller, product or image was stopped before we heard of the payment, or what made it cheaper is no longer there.
    The caller holds their locks, so that of two simultaneous payments one is the second, and a stop comes before or after.

    What the order was credited for is no second payment for the same: its price was less by this one.

    Whoever has disputed the payment and lost gets it back only if they have paid for the same a second time: an image that became free
    meanwhile, or was given to them, is no reason to return what the bank has judged to be the seller's.

    Args:
        disputed: the buyer's bank has asked for this payment, however it ended.
        stopped: why it came too late, if nobody may buy it any more; empty if they may.
    """
    if came_from not in UNPAID_STATES | {Order.State.DISPUTED}:
        return ""
    own = [key for key in (order.pk, order.subscription_id, *(later.pk for later in later_orders(order.pk))) if key]
    if wish_of(order) is None and holds_all(account=order.buyer, image_ids=[image.pk for image in images], besides=own, paid=disputed):
        return gettext_noop("Paid a second time: everything in it was in the buyer's library already.")
    return (stopped or why_credit_is_gone(order)) if came_from in UNPAID_STATES else ""


def follow_transition(order: Order, *, came_from: Order.State, images: list[Image]) -> None:
    """Bring entitlements in line with the order's new state, and mail the receipt of a payment that is kept, and what a dispute means.

    A gift grants nothing until it is claimed; then it is its recipient who holds what the order grants, and loses it with the order.
    A period of a subscription grants nothing by itself: what its buyer may pull follows from all its periods.
    """
    to = Order.State(order.state)
    if order.subscription_id:
        order.save(update_fields=["state", "subscription", "invoice_id", "period_start", "period_end", "paid_at"])
        follow_order(order, images)
    else:
        _follow_purchase(order, to, came_from=came_from, images=images)
    if _is_sold(to, came_from):
        queue_receipt(order=order)
    if to is Order.State.FAILED:
        tell_buyer_of_debit(order)
    if Order.State.DISPUTED in {came_from, to} or to is Order.State.CHARGED_BACK:
        tell_buyer_of_dispute(order)


def follow_won_appeal(order: Order, images: list[Image]) -> None:
    """Give back what a bank's decision had ended, of which it has thought better, and tell the buyer. The caller locks and has saved it."""
    if order.subscription_id:
        follow_order(order, images)
    else:
        give_access_again(order=order, ended_by=_WHY_GONE[Order.State.CHARGED_BACK])
    tell_buyer_of_dispute(order)


def _follow_purchase(order: Order, to: Order.State, *, came_from: Order.State, images: list[Image]) -> None:
    source_id, gift = order.pk, wish_of(order)
    if _is_sold(to, came_from):
        if gift is None:
            bought = [image.pk for image in images]
            take_over_trial(product_id=order.product_id, holder=order.buyer, source_id=order.pk, image_ids=bought)
            grant_entitlements(holder=order.buyer, images=images, source_kind=_ORDER, source_id=source_id)
            end_what_went_back(order)
        else:
            open_gift(order, gift, images)
    if to is Order.State.DISPUTED:
        pause_access(order)
    if came_from is Order.State.DISPUTED and to in HOLDING_STATES and not is_being_given_back(order):
        resume_access(order)
    if to in GONE_STATES:
        end_access(order=order, reason=(_WHY_GONE if gift is None else _WHY_GIFT_GONE)[to])


def _is_sold(to: Order.State, came_from: Order.State) -> bool:
    return came_from in UNPAID_STATES and (to in HOLDING_STATES or to is Order.State.DISPUTED)
