"""What we keep of a seller's sales."""

from datetime import datetime
from uuid import UUID

from django.conf import settings

from accounts.sellers.models import FeeTerms
from common.languages import separated
from common.money import Money


def fee_terms_at(*, seller_id: UUID, currency: str, at: datetime) -> FeeTerms:
    """Return the newest terms that count at that moment for sales in the currency; those that all sellers have where they have none.

    Of terms that begin at the same moment, those for the currency alone count.
    """
    own = FeeTerms.objects.filter(seller=seller_id, currency__in=("", currency), starts_at__lte=at)
    return own.order_by("-starts_at", "-currency").first() or _terms_of_all(seller_id, at)


def fee_of(price: Money, *, seller_id: UUID, at: datetime) -> Money:
    """Return what we keep of a sale: the part and the fixed amount of the terms, and never more than the price."""
    terms = fee_terms_at(seller_id=seller_id, currency=price.currency, at=at)
    return min(price, price.part(terms.basis_points, 10_000) + Money(terms.fixed, price.currency))


def fee_words(*, seller_id: UUID, at: datetime, currency: str = "") -> str:
    """Say in the reader's language what we keep: `10 %`, `7.25 % + €0.30`.

    Args:
        currency: of the sales that are meant; where it is empty, what counts for a currency alone follows: `10 %; EUR: 7.25 % + €0.30`.
    """
    if currency:
        return _words(fee_terms_at(seller_id=seller_id, currency=currency, at=at))
    alone: dict[str, FeeTerms] = {}
    for terms in FeeTerms.objects.filter(seller=seller_id, starts_at__lte=at).order_by("-starts_at", "-currency"):
        alone.setdefault(terms.currency, terms)
        if not terms.currency:
            break  # what is older counts for nothing any more
    general = alone.pop("", None) or _terms_of_all(seller_id, at)
    return "; ".join([_words(general), *(f"{code.upper()}: {_words(alone[code])}" for code in sorted(alone))])


def _words(terms: FeeTerms) -> str:
    return f"{separated(terms.percent)} %" + (f" + {Money(terms.fixed, terms.currency)}" if terms.fixed else "")


def _terms_of_all(seller_id: UUID, at: datetime) -> FeeTerms:
    return FeeTerms(seller_id=seller_id, basis_points=settings.LAYERSTORE_APPLICATION_FEE_PERCENT * 100, starts_at=at)
