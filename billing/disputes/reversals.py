"""What is taken back from a seller once a dispute is lost: promised in the transaction that records it (ADR 0064). No network."""

from accounts.people.models import User
from audit.services import record_audit, require_reason
from billing.disputes.errors import ReversalNotWaiting
from billing.disputes.locks import lock_reversal
from billing.disputes.models import Dispute, TransferReversal
from billing.disputes.selectors import reversals_to_make
from billing.orders.models import Order
from billing.stripe.movement_data import MovementKind
from billing.stripe.payment_data import DisputeState, Payment
from common.db.claims import try_again
from common.db.locking import locked_transaction
from common.money import Money

_BACK = {MovementKind.TRANSFER: MovementKind.TRANSFER_REVERSAL, MovementKind.APPLICATION_FEE: MovementKind.APPLICATION_FEE_REFUND}


def promise_reversals(order: Order, payment: Payment) -> list[str]:
    """Have the seller's part of each lost dispute taken back, once for each. The caller holds the order's lock.

    It is the part of the transfer that the bank took of the payment, and never more than the seller still has of this sale: what a refund
    has taken back already is not taken a second time. Of our fee the same part goes back to the seller.

    Returns:
        What staff have to do by hand, in words.
    """
    concerns = []
    for dispute in Dispute.objects.filter(order=order, reversal__isnull=True).order_by("opened_at"):
        if dispute.state is not DisputeState.LOST:
            continue
        if dispute.currency != order.currency:
            concerns.append(f"The bank took {dispute.money} in another currency than was paid: take the seller's part back by hand.")
        else:
            _promise(dispute, order, payment)
    return concerns


def _promise(dispute: Dispute, order: Order, payment: Payment) -> None:
    transfer = next((moved for moved in payment.movements if moved.kind is MovementKind.TRANSFER), None)
    if transfer is None:
        return
    sent = -transfer.sold_amount
    promised = sum(reversals_to_make().filter(dispute__order=order).values_list("amount", flat=True))
    left = _left(payment, MovementKind.TRANSFER) - Money(promised, sent.currency)
    amount = min(sent.part(dispute.amount, order.amount), left)
    if amount.minor <= 0:
        return
    fee_left = _left(payment, MovementKind.APPLICATION_FEE, currency=sent.currency)
    fee = fee_left if amount == left else min(order.fee.part(amount.minor, sent.minor), fee_left)
    TransferReversal.objects.create(
        dispute=dispute,
        transfer_id=transfer.source_id,
        amount=amount.minor,
        fee_amount=fee.minor,
        currency=amount.currency,
    )
    record_audit(actor=None, action="dispute.reversal_promised", target=dispute, amount=amount.minor, currency=amount.currency)


def _left(payment: Payment, kind: MovementKind, *, currency: str = "") -> Money:
    """Return what is left of the transfer, or of our fee, of a payment."""
    moved = [movement.sold_amount for movement in payment.movements if movement.kind in {kind, _BACK[kind]}]
    return Money(abs(sum(each.minor for each in moved)), moved[0].currency if moved else currency)


def retry_reversal(*, dispute: Dispute, reason: str, actor: User) -> TransferReversal:
    """Try to take the seller's part back again, within a minute, even if it was given up.

    Raises:
        ReasonMissing: no reason.
        ReversalNotWaiting: nothing waits.
    """
    require_reason(reason)
    with locked_transaction():
        reversal = _waiting(dispute)
        try_again(reversal)
        record_audit(actor=actor, action="dispute.reversal_retried", target=dispute, reason=reason)
    return reversal


def close_reversal(*, dispute: Dispute, reason: str, actor: User) -> TransferReversal:
    """Stop taking the seller's part back: they have paid it in another way, or it is our loss. The books keep it as lost.

    Raises:
        ReasonMissing: no reason.
        ReversalNotWaiting: nothing waits.
    """
    require_reason(reason)
    with locked_transaction():
        reversal = _waiting(dispute)
        reversal.state = TransferReversal.State.CLOSED
        reversal.save(update_fields=["state"])
        record_audit(actor=actor, action="dispute.reversal_closed", target=dispute, reason=reason)
    return reversal


def _waiting(dispute: Dispute) -> TransferReversal:
    found = TransferReversal.objects.filter(dispute=dispute).values_list("pk", flat=True).first()
    reversal = lock_reversal(reversal_id=found) if found else None
    if reversal is None or reversal.state != TransferReversal.State.WAITING:
        raise ReversalNotWaiting
    return reversal
