"""Having Stripe take back from sellers what banks have taken from us. The row is written with the loss; Stripe is asked after commit."""

from uuid import UUID

from django.utils import timezone

from audit.services import record_audit
from billing.disputes.locks import lock_reversal
from billing.disputes.models import TransferReversal
from billing.orders.locks import lock_order
from billing.orders.services import flag_order
from billing.payments.backoffs import REVERSALS
from billing.payments.reconcile import reconcile_order
from billing.stripe.disputes import ReversalRequest, reversal_made, reverse_transfer
from billing.stripe.errors import StripeAccountGone
from billing.stripe.payment_data import DisputeState
from common.db.claims import note_failure
from common.db.locking import locked_transaction

_GONE = (
    "What a bank took of this order cannot be taken back from the seller, for their Stripe account is no longer connected: agree with them"
    " on another way, then close it on the dispute's page, or try again there once the account is back."
)


def continue_reversal(*, reversal_id: UUID) -> TransferReversal:
    """Take the seller's part of a lost dispute back, once, and bring order and books in line. Idempotent: Stripe's list is looked at first.

    Of two attempts at the same moment only one may hold the row's claim.

    An account that is gone ends the attempts at once and flags the order for staff; one that has too little is asked again later.

    Raises:
        StripeAway: nothing is known; the sweep goes on.
        StripeRefused: not now; the sweep tries again, longer apart each time.
    """
    reversal = TransferReversal.objects.select_related("dispute").get(pk=reversal_id)
    if reversal.state != TransferReversal.State.WAITING or reversal.dispute.state is not DisputeState.LOST:
        return reversal  # or the decision was appealed: nothing is taken before it is lost again
    request = _request_for(reversal)
    try:
        stripe_id = reversal_made(request) or reverse_transfer(request)
    except StripeAccountGone as gone:
        return _give_up(reversal_id, gone)
    _record(reversal_id, stripe_id)
    reconcile_order(order_id=reversal.dispute.order_id)
    reversal.refresh_from_db()
    return reversal


def _request_for(reversal: TransferReversal) -> ReversalRequest:
    return ReversalRequest(
        reversal_id=reversal.pk,
        transfer_id=reversal.transfer_id,
        amount=reversal.money,
        with_fee=reversal.fee_amount > 0,
        # Stripe repeats a refusal to the same key for a day: each attempt has its own, which its claim has made.
        key=f"reversal-{reversal.pk}-{reversal.due_at.timestamp()}",
    )


def _record(reversal_id: UUID, stripe_id: str) -> None:
    with locked_transaction():
        reversal = lock_reversal(reversal_id=reversal_id)
        if reversal.state == TransferReversal.State.SUCCEEDED:
            return
        reversal.state, reversal.stripe_reversal_id, reversal.settled_at = TransferReversal.State.SUCCEEDED, stripe_id, timezone.now()
        reversal.last_error, reversal.given_up_at = "", None
        reversal.save(update_fields=["state", "stripe_reversal_id", "settled_at", "last_error", "given_up_at"])
        record_audit(actor=None, action="dispute.reversal_made", target=reversal.dispute, amount=reversal.amount)


def _give_up(reversal_id: UUID, gone: StripeAccountGone) -> TransferReversal:
    order_id = TransferReversal.objects.values_list("dispute__order", flat=True).get(pk=reversal_id)
    with locked_transaction():
        order = lock_order(order_id=order_id)
        reversal = lock_reversal(reversal_id=reversal_id)
        if reversal.state == TransferReversal.State.WAITING:
            note_failure(reversal, gone.reason, backoff=REVERSALS, final=True)
            flag_order(order, _GONE)
            order.save(update_fields=["flagged_at", "flag"])
            record_audit(actor=None, action="dispute.reversal_given_up", target=reversal.dispute, reason=gone.reason)
    return reversal
