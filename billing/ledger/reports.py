"""What staff read of the books: the trial balance, and disputes by their age."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Min, Q, QuerySet, Sum

from billing.ledger.models import Account, LedgerEntry
from common.money import Money


@dataclass(frozen=True, slots=True)
class TrialLine:
    """What an account comes to in a currency: one of the two sides is None."""

    account: str
    debit: Money | None
    credit: Money | None


@dataclass(frozen=True, slots=True)
class AgedDisputes:
    """Disputes of one age and currency whose money is not back."""

    age: str
    number: int
    held: Money
    lost: Money


_AGES: Final = ((timedelta(days=7), "up to 7 days"), (timedelta(days=30), "8 to 30 days"), (timedelta(days=90), "31 to 90 days"))
_OLDER: Final = "more than 90 days"
_OURS_AND_SELLERS: Final = (Account.STRIPE, Account.PAYOUTS)


def trial_balance() -> list[TrialLine]:
    """Return each account's balance in each currency, and per currency the totals of both sides, which are the same in books that balance.

    What Stripe and banks have of ours and of sellers stands in two lines, for Stripe reports them apart.
    """
    sellers = Q(account__in=_OURS_AND_SELLERS, seller__isnull=False)
    lines: list[TrialLine] = []
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for of_sellers, entries in ((False, LedgerEntry.objects.exclude(sellers)), (True, LedgerEntry.objects.filter(sellers))):
        for account, code, total in _sums(entries):
            lines.append(_line(f"{Account(account).label}{' of sellers' * of_sellers}", Money(total, code)))
            totals[code][total < 0] += abs(total)
    lines.sort(key=lambda line: ((line.debit or line.credit or Money(0, "")).currency, line.account))
    return lines + [TrialLine("Total", Money(debit, code), Money(credit, code)) for code, (debit, credit) in sorted(totals.items())]


def _sums(entries: QuerySet[LedgerEntry]) -> Iterator[tuple[str, str, int]]:
    yield from entries.order_by("account", "currency").values_list("account", "currency").annotate(total=Sum("amount")).exclude(total=0)


def _line(account: str, balance: Money) -> TrialLine:
    return TrialLine(account, balance if balance.minor > 0 else None, -balance if balance.minor < 0 else None)


def aged_disputes(*, now: datetime) -> list[AgedDisputes]:
    """Return the disputes whose money banks hold, or have taken and no seller has given back, by age; the youngest first."""
    of_disputes = LedgerEntry.objects.filter(account__in=(Account.DISPUTES_HELD, Account.DISPUTES_LOST))
    sums = (
        of_disputes.order_by()
        .values_list("transaction__order", "currency")
        .annotate(
            held=Sum("amount", filter=Q(account=Account.DISPUTES_HELD), default=0),
            lost=Sum("amount", filter=Q(account=Account.DISPUTES_LOST), default=0),
            opened_at=Min("transaction__dispute__opened_at"),
        )
        .filter(Q(held__gt=0) | Q(lost__gt=0))
    )
    found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for _, code, held, lost, opened_at in sums:
        row = found[_age(now - opened_at), code]
        row[0], row[1], row[2] = row[0] + 1, row[1] + held, row[2] + lost
    order = [*(words for _, words in _AGES), _OLDER]
    return [
        AgedDisputes(age, number, Money(held, code), Money(lost, code))
        for (age, code), (number, held, lost) in sorted(found.items(), key=lambda item: (order.index(item[0][0]), item[0][1]))
    ]


def _age(since: timedelta) -> str:
    return next((words for longest, words in _AGES if since < longest + timedelta(days=1)), _OLDER)
