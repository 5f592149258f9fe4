"""What a seller has and what has moved it, for staff: the figures of the seller's own page, above the movements that they come from."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest

from accounts.sellers.models import SellerProfile
from billing.ledger.models import Account, LedgerEntry, LedgerTransaction
from billing.ledger.statements import seller_balances, summaries
from common.months import named_month

PARAMETER = "seller"


class SellerFilter(admin.SimpleListFilter):
    """Movements of one seller, whom a link from their profile names: a list of all of them would have no end."""

    title = "seller"
    parameter_name = PARAMETER

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002  Django passes them
        """Return the seller that is named, if one is.

        Raises:
            IncorrectLookupParameters: there is no such seller.
        """
        if PARAMETER not in request.GET:
            return []
        seller = seller_named(request)
        if seller is None:
            raise IncorrectLookupParameters
        return [(str(seller.pk), str(seller))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LedgerTransaction]) -> QuerySet[LedgerTransaction]:  # noqa: ARG002  as above
        """Keep what has an entry of theirs, with their part along."""
        if self.value() is None:
            return queryset
        entries = LedgerEntry.objects.filter(seller=UUID(self.value()))
        part = Prefetch("entries", entries.filter(account=Account.SELLER_PAYABLE), to_attr="of_seller")
        return queryset.filter(pk__in=entries.order_by().values("transaction")).prefetch_related(part)


@admin.display(description="to the seller")
def to_seller(row: LedgerTransaction) -> str:
    """What a movement has changed of what is payable to the seller; below zero is less. Only in a list that `SellerFilter` has made."""
    return ", ".join(str(entry.to_seller) for entry in row.of_seller) or "–"  # type: ignore[attr-defined]  # prefetched


def seller_named(request: HttpRequest) -> SellerProfile | None:
    """Return the seller that the address names."""
    try:
        return SellerProfile.objects.filter(pk=UUID(request.GET.get(PARAMETER, ""))).first()
    except ValueError:
        return None


def statement_for_staff(request: HttpRequest, *, now: datetime) -> dict[str, Any]:
    """Return what stands above a seller's movements: their balances now, and the sums of the month that the list is of, else of this one.

    Empty where no seller is named.
    """
    seller = seller_named(request)
    if seller is None:
        return {}
    month = _month(request, now=now)
    return {
        "seller": seller,
        "balances": seller_balances(seller_id=seller.pk, now=now),
        "month": month,
        "summaries": summaries(seller_id=seller.pk, month=month),
    }


def _month(request: HttpRequest, *, now: datetime) -> date:
    year, month = (request.GET.get(f"happened_at__{part}", "") for part in ("year", "month"))
    return named_month(f"{year}-{month:0>2}", now=now) or now.date().replace(day=1)
