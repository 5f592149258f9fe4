"""Balances: sums of entries, never stored."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import QuerySet, Sum

from billing.ledger.models import Account, LedgerEntry, LedgerTransaction
from common.money import Money


def posted_keys(keys: Iterable[str]) -> set[str]:
    """Return those of the keys that are in the books."""
    return set(LedgerTransaction.objects.filter(key__in=list(keys)).values_list("key", flat=True))


def balances_of(entries: QuerySet[LedgerEntry]) -> Mapping[Account, list[Money]]:
    """Sum entries up by account and currency; a debit balance is above zero. What comes to nothing is left out."""
    found: dict[Account, list[Money]] = defaultdict(list)
    for account, currency, total in (
        entries.order_by("account", "currency").values_list("account", "currency").annotate(total=Sum("amount"))
    ):
        if total:
            found[Account(account)].append(Money(total, currency))
    return dict(found)


def balances_of_order(order_id: UUID) -> Mapping[Account, list[Money]]:
    """Return what an order has left in each account."""
    return balances_of(LedgerEntry.objects.filter(transaction__order=order_id))


def balances_of_dispute(dispute_id: str) -> Mapping[Account, list[Money]]:
    """Return what a dispute has left in each account."""
    return balances_of(LedgerEntry.objects.filter(transaction__dispute=dispute_id))
