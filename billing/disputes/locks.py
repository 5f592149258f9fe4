"""The only place where answers to disputes and reversals are locked. The order comes first: whoever changes its disputes holds it."""

from uuid import UUID

from billing.disputes.models import DisputeEvidence, TransferReversal
from common.db.locking import locked


def lock_evidence(*, evidence_id: UUID) -> DisputeEvidence:
    """Lock the answer for this transaction."""
    return locked(DisputeEvidence.objects.filter(pk=evidence_id)).get()


def lock_reversal(*, reversal_id: UUID) -> TransferReversal:
    """Lock the reversal for this transaction."""
    return locked(TransferReversal.objects.filter(pk=reversal_id)).get()
