"""The mails of the sale, written in the transaction of the change that they report."""

from django.utils import timezone

from accounts.organisations.buying import addresses_of_buyers
from accounts.people.models import User
from accounts.tokens.lifetimes import pull_ends_after_minutes
from audit.services import record_audit, require_reason
from billing.orders.errors import OrderNotPaid
from billing.orders.locks import lock_order
from billing.orders.models import Order
from billing.refunds.models import Refund
from billing.refunds.records import MADE_AT_STRIPE
from common.db.locking import locked_transaction
from common.web.links import absolute
from outbox.mail.services import queue_mail


def queue_receipt(*, order: Order, again: str = "") -> None:
    """Send the receipt once this transaction has committed; once for each order, unless `again` says which repetition it is."""
    _queue(order, "receipt", _context(order), key=f"receipt:{order.pk}{again}")


def queue_refund_mail(*, refund: Refund) -> None:
    """Tell the buyer that money is on its way back, and why if the shop refunded it by itself; once for each refund."""
    by_shop = refund.requested_by_id is None and refund.reason != MADE_AT_STRIPE
    why = refund.reason if by_shop else ""  # ours are messages of the catalogue, which the mail translates; staff's are for the trail
    context = _context(refund.order) | {"refund": refund, "pull_ends_after": pull_ends_after_minutes(), "why": why}
    _queue(refund.order, "refund", context, key=f"refund:{refund.pk}")


def _queue(order: Order, template: str, context: dict[str, object], *, key: str) -> None:
    """Write to whoever placed the order, because it is their card, and to those who buy for the organisation at this moment; once each."""
    queue_mail(to=order.email, template=template, context=context, key=key)
    for number, address in enumerate(addresses_of_buyers(order.buyer, besides=[order.email]), start=1):
        queue_mail(to=address, template=template, context=context, key=f"{key}:{number}")


def _context(order: Order) -> dict[str, object]:
    return {
        "order": order,
        "buyer": order.buyer,
        "images": list(order.images.select_related("image")),
        "order_url": absolute("billing:order", order.pk),
    }


def resend_receipt(*, order: Order, reason: str, actor: User) -> None:
    """Send the receipt once more.

    Raises:
        ReasonMissing: no reason.
        OrderNotPaid: without a payment there is no receipt.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_order(order_id=order.pk)
        if locked.paid_at is None:
            raise OrderNotPaid
        queue_receipt(order=locked, again=f":{timezone.now().timestamp()}")
        record_audit(actor=actor, action="order.receipt_resent", target=locked, reason=reason)
