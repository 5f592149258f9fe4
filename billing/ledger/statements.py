"""What a seller's account has come to: balances now, and a statement of a month. Read from the books, so that it is what Stripe moved.

What a seller has is a credit in the books; here it is above zero, as they read it.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, Literal
from uuid import UUID

from django.db.models import F, Min, Q, QuerySet, Sum

from billing.disputes.selectors import reversals_to_make
from billing.ledger.models import Account, LedgerEntry
from billing.orders.models import Order
from common.money import Money
from common.months import bounds

_SUMS: Final[tuple[Literal["opening", "sales", "fees", "taken_back", "payouts", "other", "closing"], ...]] = (
    "opening",
    "sales",
    "fees",
    "taken_back",
    "payouts",
    "other",
    "closing",
)


@dataclass(frozen=True, slots=True)
class SellerBalance:
    """What a seller has in one currency.

    Attributes:
        available: Stripe pays it out next. Below zero after refunds of what was paid out: Stripe takes it from the next sales.
        coming: paid by buyers; Stripe makes it available after some days.
        on_its_way: left Stripe for the seller's bank.
        held: their part of sales that buyers' banks hold; contained in the others, and taken back if the bank decides so.
        lost: their part of sales that banks have taken, and that is about to be taken back from them.
        stuck: the same, where their account at Stripe is gone: staff write to them.
    """

    available: Money
    coming: Money
    on_its_way: Money
    held: Money
    lost: Money
    stuck: Money

    @property
    def currency(self) -> str:
        return self.available.currency


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement of what a seller has, and the balance after it."""

    entry: LedgerEntry
    amount: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class Summary:
    """A month in one currency. `other` is what no sale or payout of theirs has moved."""

    opening: Money
    sales: Money
    fees: Money
    taken_back: Money
    payouts: Money
    other: Money
    closing: Money


def seller_balances(*, seller_id: UUID, now: datetime) -> list[SellerBalance]:
    """Return what the seller has in each currency that they ever sold in, by its code."""
    entries = LedgerEntry.objects.filter(seller=seller_id)
    payable = Q(account=Account.SELLER_PAYABLE)
    sums = (
        entries.order_by("currency")
        .values("currency")
        .annotate(
            available=Sum("amount", filter=payable & Q(transaction__available_at__lte=now), default=0),
            coming=Sum("amount", filter=payable & Q(transaction__available_at__gt=now), default=0),
            on_its_way=Sum("amount", filter=Q(account=Account.PAYOUTS), default=0),
        )
    )
    held = _parts_held(seller_id)
    lost, stuck = _parts_to_take_back(seller_id)
    return [
        SellerBalance(
            available=Money(-found["available"] - found["on_its_way"], code),
            coming=Money(-found["coming"], code),
            on_its_way=Money(found["on_its_way"], code),
            held=Money(held.get(code, 0), code),
            lost=Money(lost.get(code, 0), code),
            stuck=Money(stuck.get(code, 0), code),
        )
        for found in sums
        for code in [found["currency"]]
    ]


def _parts_to_take_back(seller_id: UUID) -> tuple[dict[str, int], dict[str, int]]:
    """Return by currency what is about to be taken back from the seller after lost disputes, and what cannot be."""
    waiting = reversals_to_make().filter(dispute__order__seller=seller_id)
    part, goes_on = F("amount") - F("fee_amount"), Q(given_up_at__isnull=True)
    sums = waiting.order_by("currency").values_list("currency")
    found = list(sums.annotate(lost=Sum(part, filter=goes_on, default=0), stuck=Sum(part, filter=~goes_on, default=0)))
    return {code: lost for code, lost, _ in found}, {code: stuck for code, _, stuck in found}


def _parts_held(seller_id: UUID) -> dict[str, int]:
    """Return by currency the seller's part of what banks hold: the amount less our fee's part of it."""
    open_ones = (
        LedgerEntry.objects.filter(account=Account.DISPUTES_HELD, transaction__order__seller=seller_id)
        .values_list("transaction__order", "currency")
        .annotate(total=Sum("amount"))
        .filter(total__gt=0)
        .order_by()
    )
    orders = Order.objects.in_bulk([order_id for order_id, _, _ in open_ones])
    found: dict[str, int] = defaultdict(int)
    for order_id, code, total in open_ones:
        order = orders[order_id]
        found[code] += total - order.fee.part(total, order.amount).minor if code == order.currency else total
    return found


def first_month(seller_id: UUID) -> date | None:
    """Return the first day of the month in which the seller's books begin."""
    first = _payable(seller_id).aggregate(first=Min("transaction__happened_at"))["first"]
    return None if first is None else first.astimezone(UTC).date().replace(day=1)


def summaries(*, seller_id: UUID, month: date) -> list[Summary]:
    """Return the month in each currency, by its code; months are those of UTC."""
    begins, ends = bounds(month)
    within, before = Q(transaction__happened_at__range=(begins, ends)), Q(transaction__happened_at__lt=begins)
    kind = "transaction__kind"
    sums = (
        _payable(seller_id)
        .filter(transaction__happened_at__lt=ends)
        .order_by("currency")
        .values("currency")
        .annotate(
            opening=Sum("amount", filter=before, default=0),
            sales=Sum("amount", filter=within & Q(**{kind: "transfer"}), default=0),
            fees=Sum("amount", filter=within & Q(**{f"{kind}__in": ("application_fee", "application_fee_refund")}), default=0),
            taken_back=Sum("amount", filter=within & Q(**{kind: "transfer_reversal"}), default=0),
            payouts=Sum("amount", filter=within & Q(**{f"{kind}__startswith": "payout"}), default=0),
            other=Sum("amount", filter=within & Q(**{kind: "by_hand"}), default=0),
            closing=Sum("amount", default=0),
        )
    )
    return [Summary(**{name: Money(-found[name], found["currency"]) for name in _SUMS}) for found in sums]


def entries_of_month(*, seller_id: UUID, month: date) -> QuerySet[LedgerEntry]:
    """Return the movements of a month, oldest first, with what each leads to."""
    found = _payable(seller_id).filter(transaction__happened_at__range=bounds(month))
    related = found.select_related("transaction__order", "transaction__refund", "transaction__dispute", "transaction__payout")
    return related.order_by("transaction__happened_at", "id")


def statement_lines(*, seller_id: UUID, month: date) -> Iterator[StatementLine]:
    """Yield the movements of a month with the balance after each, in flat memory."""
    balances = {each.opening.currency: each.opening for each in summaries(seller_id=seller_id, month=month)}
    for entry in entries_of_month(seller_id=seller_id, month=month).iterator(chunk_size=500):
        balances[entry.currency] -= entry.money
        yield StatementLine(entry, -entry.money, balances[entry.currency])


def _payable(seller_id: UUID) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(account=Account.SELLER_PAYABLE, seller=seller_id)
