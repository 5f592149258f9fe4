"""The mails of the sale, written in the transaction of the change that they report."""

from django.utils import timezone

from accounts.organisations.buying import addresses_of_buyers
from accounts.people.models import User
from audit.services import record_audit, require_reason
from billing.orders.errors import OrderNotPaid
from billing.orders.locks import lock_order
from billing.orders.models import Order
from common.db.locking import locked_transaction
from common.web.links import absolute
from outbox.mail.services import queue_mail


def queue_receipt(*, order: Order, again: str = "") -> None:
    """Send the receipt once this transaction has committed; once for each order, unless `again` says which repetition it is."""
    queue_to_buyer(order, "receipt", context_of(order), key=f"receipt:{order.pk}{again}")


def queue_to_buyer(order: Order, template: str, context: dict[str, object], *, key: str) -> None:
    """Write to whoever placed the order, because it is their card, and to those who buy for the organisation at this moment; once each."""
    queue_mail(to=order.email, template=template, context=context, key=key)
    for number, address in enumerate(addresses_of_buyers(order.buyer, besides=[order.email]), start=1):
        queue_mail(to=address, template=template, context=context, key=f"{key}:{number}")


def context_of(order: Order) -> dict[str, object]:
    """Return what each mail to the buyer says of the order."""
    return {
        "order": order,
        "buyer": order.buyer,
        "images": list(order.images.select_related("image")),
        "order_url": absolute("billing:order", order.pk),
        "invoice_url": absolute("billing:order_invoice", order.pk),
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
