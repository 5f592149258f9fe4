"""What we keep of a seller's sales."""

from datetime import datetime
from uuid import UUID

from django.conf import settings

from accounts.sellers.models import FeeTerms
from common.money import Money


def fee_terms_at(*, seller_id: UUID, currency: str, at: datetime) -> FeeTerms:
    """Return the newest terms that count at that moment for sales in the currency; those that all sellers have where they have none.

    Of terms that begin at the same moment, those for the currency alone count.
    """
    own = FeeTerms.objects.filter(seller=seller_id, currency__in=("", currency), starts_at__lte=at)
    return own.order_by("-starts_at", "-currency").first() or FeeTerms(
        seller_id=seller_id, basis_points=settings.LAYERSTORE_APPLICATION_FEE_PERCENT * 100, starts_at=at
    )


def fee_of(price: Money, *, seller_id: UUID, at: datetime) -> Money:
    """Return what we keep of a sale: the part and the fixed amount of the terms, and never more than the price."""
    terms = fee_terms_at(seller_id=seller_id, currency=price.currency, at=at)
    return min(price, price.part(terms.basis_points, 10_000) + Money(terms.fixed, price.currency))
