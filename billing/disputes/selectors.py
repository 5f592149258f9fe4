"""Disputes of a seller's sales."""

from django.db.models import QuerySet

from accounts.sellers.models import SellerProfile
from billing.disputes.models import Dispute, DisputeEvidence


def disputes_of_seller(seller: SellerProfile) -> QuerySet[Dispute]:
    """Return the disputes of the seller's sales, newest first, with what a page shows of them."""
    return Dispute.objects.filter(order__seller=seller).select_related("order__buyer", "order__seller", "reversal")


def evidence_on_its_way(dispute: Dispute) -> DisputeEvidence | None:
    """Return the answer to the bank's present or last question, unless Stripe has refused it."""
    return dispute.evidence.exclude(state=DisputeEvidence.State.REFUSED).first()
