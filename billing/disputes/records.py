"""The rows of disputes, kept in line with Stripe under the order's lock, and what staff and sellers are told. No network here."""

import logging

from audit.services import record_audit
from billing.disputes.mails import tell_seller_of_dispute
from billing.disputes.models import Dispute, TransferReversal
from billing.disputes.staff_mail import tell_staff_of_dispute
from billing.orders.models import Order
from billing.stripe.payment_data import ENDED_DISPUTES, NEEDS_RESPONSE, DisputeState, Payment, StripeDispute

logger = logging.getLogger(__name__)


def record_disputes(order: Order, payment: Payment) -> list[str]:
    """Bring the order's disputes in line with Stripe's; tell staff and seller of each that needs an answer, once for each such status.

    The seller is also told how each ends.

    Returns:
        What staff should check, in words: a status that this version does not know, money that left twice, a loss that was taken back
        from the seller and is none after all. The first is an ERROR in the log as well, when it is first seen.
    """
    known = {dispute.pk: dispute for dispute in order.disputes.all()}
    for seen in payment.disputes:
        if _write(order, known.get(seen.stripe_id), seen):
            _tell(order, seen)
    return _concerns(order, payment)


def _write(order: Order, row: Dispute | None, seen: StripeDispute) -> bool:
    """Write what Stripe says; return whether the dispute is new or has another status."""
    values = {
        "status": seen.status[:50],
        "reason": seen.reason[:100],
        "amount": seen.amount.minor,
        "currency": seen.amount.currency,
        "respond_by": seen.respond_by,
    }
    if row is None:
        row = Dispute(pk=seen.stripe_id, order=order, opened_at=seen.opened_at, **values)
        row.save(force_insert=True)
        record_audit(actor=None, action="dispute.opened", target=row, status=seen.status, reason_given=seen.reason)
        return True
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    if not changed:
        return False
    status_changed, before = "status" in changed, row.status
    for name in changed:
        setattr(row, name, values[name])
    if "respond_by" in changed:
        row.reminded_at = None  # another deadline, another reminder
        changed.append("reminded_at")
    row.save(update_fields=changed)
    if status_changed:
        record_audit(actor=None, action="dispute.changed", target=row, status=seen.status, before=before)
    return status_changed


def _tell(order: Order, seen: StripeDispute) -> None:
    dispute, key = Dispute.objects.get(pk=seen.stripe_id), f"{seen.stripe_id}:{seen.status[:50]}"
    if seen.state is DisputeState.UNKNOWN:
        logger.error("dispute status not known", extra={"status": seen.status, "dispute": seen.stripe_id, "order": str(order.pk)})
    if seen.state is DisputeState.UNKNOWN or seen.status in NEEDS_RESPONSE:
        tell_staff_of_dispute(dispute=dispute, key=key)
    if seen.status in NEEDS_RESPONSE or seen.status in ENDED_DISPUTES:
        tell_seller_of_dispute(dispute=dispute, key=key)


def _concerns(order: Order, payment: Payment) -> list[str]:
    found = [
        f"Stripe says {seen.status} of a dispute, which this version does not know: pull access is paused until staff have looked into it."
        for seen in payment.disputes
        if seen.state is DisputeState.UNKNOWN
    ]
    lost = [seen.amount for seen in payment.disputes if seen.state is DisputeState.LOST and seen.amount.currency == order.currency]
    if lost and sum(lost, start=payment.refunded) > order.money:
        found.append("More money went back than was paid: the payment was refunded, and the buyer's bank took it as well.")
    taken = TransferReversal.objects.filter(dispute__order=order, dispute__status="won", state=TransferReversal.State.SUCCEEDED).first()
    if taken is not None:
        found.append(
            f"The bank has decided for the seller after all, from whom {taken.of_seller} was taken back: send it to their Stripe account"
            " again."
        )
    return found
