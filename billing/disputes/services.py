"""Answering disputes: staff send the evidence, sellers add what they know."""

from dataclasses import asdict

from django.utils import timezone

from accounts.people.models import User
from audit.services import record_audit, require_reason
from billing.disputes.errors import DisputeTakesNoAnswer, EvidenceAlreadySent
from billing.disputes.evidence import collect_evidence
from billing.disputes.models import LONGEST_STATEMENT, Dispute, DisputeEvidence
from billing.orders.locks import lock_order
from common.db.locking import locked_transaction, translate_violation


def send_evidence(*, dispute: Dispute, reason: str, actor: User) -> DisputeEvidence:
    """Put the evidence together and have a sweep send it to the bank within half a minute, once for each time that the bank asks.

    Nothing can be added afterwards.

    Raises:
        ReasonMissing: no reason.
        DisputeTakesNoAnswer: it is decided, answered, or its deadline has passed.
        EvidenceAlreadySent: somebody else was faster.
    """
    require_reason(reason)
    with locked_transaction():
        locked = _lock(dispute)
        _require_open(locked)
        evidence = DisputeEvidence(
            dispute=locked, stage=locked.status, fields=asdict(collect_evidence(locked)), requested_by=actor, created_at=timezone.now()
        )
        with translate_violation("dispute_evidence_once_a_stage", EvidenceAlreadySent()):
            evidence.save(force_insert=True)
        record_audit(actor=actor, action="dispute.evidence_sent", target=locked, reason=reason)
    return evidence


def write_statement(*, dispute: Dispute, text: str, actor: User) -> Dispute:
    """Keep what the seller says about a dispute, for the evidence; it replaces what they said before.

    Raises:
        DisputeTakesNoAnswer: it is decided, answered, or its deadline has passed.
        EvidenceAlreadySent: staff have sent it.
    """
    with locked_transaction():
        locked = _lock(dispute)
        _require_open(locked)
        if locked.evidence.filter(stage=locked.status).exclude(state=DisputeEvidence.State.REFUSED).exists():
            raise EvidenceAlreadySent
        locked.seller_statement = text.strip()[:LONGEST_STATEMENT]
        locked.save(update_fields=["seller_statement"])
        record_audit(actor=actor, action="dispute.seller_statement", target=locked)
    return locked


def _lock(dispute: Dispute) -> Dispute:
    lock_order(order_id=dispute.order_id)  # whoever changes an order's disputes holds it
    return Dispute.objects.get(pk=dispute.pk)


def _require_open(dispute: Dispute) -> None:
    if not dispute.needs_response or (dispute.respond_by is not None and dispute.respond_by <= timezone.now()):
        raise DisputeTakesNoAnswer(status=dispute.status)
