"""The mails of the sale. Written with the change that they tell of."""

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.services.audit import record_audit
from accounts.services.mail import queue_mail
from accounts.services.reasons import require_reason
from billing.errors import OrderNotPaid
from billing.locks import lock_order
from billing.models import Order, Refund
from common.locking import locked_transaction


def queue_receipt(*, order: Order, again: str = "") -> None:
    """Send the buyer their receipt once this transaction has committed; once an order, unless `again` says which repetition it is."""
    queue_mail(to=order.email, template="receipt", context=_context(order), key=f"receipt:{order.pk}{again}")


def queue_refund_mail(*, refund: Refund) -> None:
    """Tell the buyer that money is on its way back to them; once a refund."""
    context = _context(refund.order) | {"refund": refund, "pull_ends_after": pull_ends_after_minutes()}
    queue_mail(to=refund.order.email, template="refund", context=context, key=f"refund:{refund.pk}")


def pull_ends_after_minutes() -> int:
    """Within how many minutes after a revocation the last registry token is dead: its lifetime and the registry's leeway, rounded up."""
    lasting = settings.LAYERSTORE_PULL_TOKEN_LIFETIME + settings.LAYERSTORE_TOKEN_LEEWAY
    return -(-int(lasting.total_seconds()) // 60)


def _context(order: Order) -> dict[str, object]:
    return {
        "order": order,
        "images": list(order.images.select_related("image")),
        "order_url": settings.LAYERSTORE_PUBLIC_URL + reverse("billing:order", args=[order.pk]),
    }


def resend_receipt(*, order: Order, reason: str, actor: User) -> None:
    """Send the receipt once more.

    Raises:
        ReasonMissing: no reason.
        OrderNotPaid: there is nothing to receipt.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_order(order_id=order.pk)
        if locked.paid_at is None:
            raise OrderNotPaid
        queue_receipt(order=locked, again=f":{timezone.now().timestamp()}")
        record_audit(actor=actor, action="order.receipt_resent", target=locked, reason=reason)
