"""What staff read by mail about disputes, written in the transaction of the change that it reports."""

import logging
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db.models import QuerySet

from accounts.people.selectors import addresses_of_staff
from billing.disputes.mails import tell_seller_of_dispute
from billing.disputes.models import Dispute
from billing.orders.locks import lock_order
from billing.stripe.payment_data import NEEDS_RESPONSE
from common.db.locking import locked_transaction
from common.db.row_failures import isolate_failure
from common.web.links import absolute
from outbox.mail.services import queue_mail

logger = logging.getLogger(__name__)
REMIND_BEFORE = timedelta(days=2)


def tell_staff_of_dispute(*, dispute: Dispute, key: str, reminder: bool = False) -> None:
    """Write to those who look after orders; the same key again does nothing. Nobody to write to is an ERROR in the log."""
    order = dispute.order
    dispute_url = absolute("admin:billing_dispute_change", dispute.pk)
    context = {"dispute": dispute, "order": order, "dispute_url": dispute_url, "reminder": reminder}
    addresses = addresses_of_staff(permission="billing.change_order")
    if not addresses:
        logger.error("nobody to tell of a dispute", extra={"dispute": dispute.pk})
    for number, address in enumerate(addresses):
        queue_mail(to=address, template="dispute", context=context, key=f"dispute:{key}:{number}")


def remind_of_disputes(*, now: datetime) -> int:
    """Remind staff and seller once of each dispute whose deadline is near and that has no answer; return how many."""
    near = Dispute.objects.filter(status__in=NEEDS_RESPONSE, reminded_at__isnull=True, respond_by__range=(now, now + REMIND_BEFORE))
    found = list(near.values_list("pk", "order_id"))
    return sum(bool(isolate_failure(partial(_remind, near, dispute_id, order_id, now), row=dispute_id)) for dispute_id, order_id in found)


def _remind(near: QuerySet[Dispute], dispute_id: str, order_id: UUID, now: datetime) -> bool:
    """Remind of one dispute, unless another worker has done so or it has changed meanwhile."""
    with locked_transaction():
        lock_order(order_id=order_id)  # whoever changes an order's disputes holds it
        dispute = near.select_related("order__seller__account").filter(pk=dispute_id).first()
        if dispute is None or dispute.respond_by is None:
            return False
        dispute.reminded_at = now
        dispute.save(update_fields=["reminded_at"])
        key = f"{dispute.pk}:reminder:{dispute.respond_by:%Y%m%d%H%M}"
        tell_staff_of_dispute(dispute=dispute, key=key, reminder=True)
        tell_seller_of_dispute(dispute=dispute, key=key, reminder=True)
    return True
