"""Domains of sellers, as their pages show them."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.domains.models import AGAIN, GRACE, PATIENCE, ShopDomain


def verified_domains(now: datetime) -> QuerySet[ShopDomain]:
    """List the domains whose proof was seen lately enough: `ShopDomain.is_verified` in SQL."""
    return ShopDomain.objects.filter(seen_at__gte=now - AGAIN - GRACE)


def verified_domain_of(seller_id: UUID, now: datetime) -> ShopDomain | None:
    """Return the domain that the seller's pages may show; None if there is none. One query."""
    return verified_domains(now).filter(seller=seller_id).first()


def verified_among(sellers: Iterable[UUID]) -> set[UUID]:
    """Return those of these sellers who have a verified domain now. One query."""
    return set(verified_domains(timezone.now()).filter(seller__in=set(sellers)).values_list("seller", flat=True))


def domains_to_check(now: datetime) -> QuerySet[ShopDomain]:
    """List the domains that are checked at all, the one that is due longest first: those seen lately, and those asked for lately."""
    lately = Q(seen_at__gte=now - AGAIN - PATIENCE) | Q(asked_at__gte=now - PATIENCE)
    return ShopDomain.objects.filter(lately, seller__suspended_at__isnull=True).order_by("due_at", "pk")
