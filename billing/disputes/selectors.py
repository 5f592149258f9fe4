"""Disputes of a seller's sales, and what is about to be taken back after those that are lost."""

from django.db.models import QuerySet

from accounts.sellers.models import SellerProfile
from billing.disputes.models import Dispute, DisputeEvidence, TransferReversal
from billing.stripe.payment_data import DISPUTE_STATES, DisputeState


def disputes_of_seller(seller: SellerProfile) -> QuerySet[Dispute]:
    """Return the disputes of the seller's sales, newest first, with what a page shows of them."""
    return Dispute.objects.filter(order__seller=seller).select_related("order__buyer", "order__seller", "reversal")


def evidence_on_its_way(dispute: Dispute) -> DisputeEvidence | None:
    """Return the answer to the bank's present or last question, unless Stripe has refused it."""
    return dispute.evidence.exclude(state=DisputeEvidence.State.REFUSED).first()


def reversals_to_make() -> QuerySet[TransferReversal]:
    """Return what is about to be taken back from sellers, or was given up; nothing of a dispute that is appealed, or won after all.

    Such a reversal keeps its row, so that it goes on if the bank decides for its customer again.
    """
    lost = [status for status, state in DISPUTE_STATES.items() if state is DisputeState.LOST]
    return TransferReversal.objects.filter(state=TransferReversal.State.WAITING, dispute__status__in=lost)
