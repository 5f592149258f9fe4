"""Having Stripe pass answers to disputes on to banks. The answer is written when staff press the button; Stripe is asked after commit."""

from uuid import UUID

from django.utils import timezone

from audit.services import record_audit
from billing.disputes.locks import lock_evidence
from billing.disputes.models import DisputeEvidence
from billing.orders.locks import lock_order
from billing.orders.services import flag_order
from billing.payments.evidence_files import files_of
from billing.payments.reconcile import reconcile_order
from billing.stripe.disputes import Evidence, submit_evidence, was_answered
from billing.stripe.errors import StripeRefused
from common.db.locking import locked_transaction


def continue_evidence(*, evidence_id: UUID) -> DisputeEvidence:
    """Send an answer to Stripe, once, and bring the order in line with what it says then. Idempotent.

    What Stripe refuses, above all because the deadline has passed, is flagged for staff.

    Raises:
        StripeAway: nothing is known; the sweep goes on.
    """
    evidence = DisputeEvidence.objects.select_related("dispute").get(pk=evidence_id)
    if evidence.state != DisputeEvidence.State.WAITING:
        return evidence
    # An earlier attempt may have reached Stripe.
    reconcile_order(order_id=evidence.dispute.order_id)
    evidence.dispute.refresh_from_db()
    if evidence.dispute.status != evidence.stage:
        return _settle_late(evidence)
    key = f"evidence-{evidence.pk}-{evidence.due_at.timestamp()}"  # a key of its own for each attempt: Stripe repeats what it answered
    try:
        submit_evidence(evidence.dispute_id, Evidence(**evidence.fields), files=files_of(evidence.dispute.order_id), key=key)
    except StripeRefused as refused:
        return _settle(evidence_id, DisputeEvidence.State.REFUSED, refused.reason)
    settled = _settle(evidence_id, DisputeEvidence.State.SUBMITTED)
    reconcile_order(order_id=evidence.dispute.order_id)
    return settled


def _settle_late(evidence: DisputeEvidence) -> DisputeEvidence:
    """The dispute has gone on meanwhile: because our answer reached the bank, or without it."""
    if was_answered(evidence.dispute_id):
        return _settle(evidence.pk, DisputeEvidence.State.SUBMITTED)
    return _settle(
        evidence.pk, DisputeEvidence.State.REFUSED, f"The dispute was {evidence.dispute.status} before the answer reached the bank."
    )


def _settle(evidence_id: UUID, state: DisputeEvidence.State, failure: str = "") -> DisputeEvidence:
    order_id = DisputeEvidence.objects.values_list("dispute__order", flat=True).get(pk=evidence_id)
    with locked_transaction():
        order = lock_order(order_id=order_id)
        evidence = lock_evidence(evidence_id=evidence_id)
        if evidence.state == DisputeEvidence.State.WAITING:
            evidence.state, evidence.failure, evidence.settled_at = state, failure[:500], timezone.now()
            evidence.save(update_fields=["state", "failure", "settled_at"])
            record_audit(actor=None, action=f"dispute.evidence_{state.value}", target=evidence.dispute, reason=failure)
            if state is DisputeEvidence.State.REFUSED:
                flag_order(order, f"Stripe took no evidence for a dispute: {failure}")
                order.save(update_fields=["flagged_at", "flag"])
    return evidence
