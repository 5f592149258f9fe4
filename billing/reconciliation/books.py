"""What the books say about lines of a statement: found by Stripe's ids, for our balance and for sellers'."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from billing.ledger.models import Account, LedgerEntry, LedgerTransaction
from billing.reconciliation.models import Difference, Statement, StatementLine

Kind = LedgerTransaction.Kind
# Moves no line of its own on a seller's account: it is the fee of the payment that arrives there.
_WITHIN_A_PAYMENT: Final = (Kind.APPLICATION_FEE,)


@dataclass(frozen=True, slots=True)
class Booked:
    """A transaction of the books as one balance at Stripe sees it, in minor units by currency."""

    transaction_id: UUID
    amounts: Mapping[str, int]
    fees: Mapping[str, int]


def booked_for(statement: Statement, lines: Sequence[StatementLine]) -> Mapping[str, Booked]:
    """Return what the books have for lines of one statement, by the lines' ids. Three statements, however many lines."""
    found = _transactions_of(lines, ours=statement.seller_id is None)
    entries = _entries_of(found.values(), statement.seller_id)
    fees = entries.fees if statement.seller_id is None else _application_fees(found.values(), statement.seller_id)
    moved = entries.gross if statement.seller_id is None else entries.net.__getitem__
    return {
        line.pk: _by_hand(line, row, entries) if row.kind == Kind.BY_HAND else Booked(row.pk, moved(row.pk), fees[row.pk])
        for line in lines
        if (row := found.get(line.pk))
    }


def _by_hand(line: StatementLine, row: LedgerTransaction, entries: "_Entries") -> Booked:
    """Of what staff have posted only what moved the balance can differ: all of it may be Stripe's fee, and nothing says which part is."""
    net = entries.net[row.pk]
    return Booked(row.pk, {**net, line.currency: net.get(line.currency, 0) + line.fee}, {line.currency: line.fee})


@dataclass(frozen=True, slots=True)
class _Entries:
    net: Mapping[UUID, Mapping[str, int]]
    fees: Mapping[UUID, Mapping[str, int]]

    def gross(self, transaction_id: UUID) -> Mapping[str, int]:
        """What moved before Stripe's fee: the books hold the rest and the fee."""
        net, fees = self.net[transaction_id], self.fees[transaction_id]
        return {currency: net.get(currency, 0) + fees.get(currency, 0) for currency in {*net, *fees}}


def _transactions_of(lines: Sequence[StatementLine], *, ours: bool) -> Mapping[str, LedgerTransaction]:
    """Find a line's transaction by its own id; on a seller's account also by the object that both sides know."""
    ids = [line.pk for line in lines]
    by_key = {each.key: each for each in LedgerTransaction.objects.filter(key__in=ids)}
    found = {line.pk: by_key[line.pk] for line in lines if line.pk in by_key}
    if ours:
        return found
    sources = [line.source_id for line in lines if line.source_id and line.pk not in found]
    of_both = LedgerTransaction.objects.filter(
        Q(counterpart_id__in=sources) | Q(stripe_source_id__in=sources, kind=Kind.APPLICATION_FEE_REFUND)
    )
    by_source = {each.counterpart_id or each.stripe_source_id: each for each in of_both}
    return found | {line.pk: by_source[line.source_id] for line in lines if line.pk not in found and line.source_id in by_source}


def _entries_of(transactions: Iterable[LedgerTransaction], seller_id: UUID | None) -> _Entries:
    net: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    fees: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    rows = LedgerEntry.objects.filter(transaction__in=[each.pk for each in transactions], seller=seller_id)
    wanted = rows.filter(account__in=(Account.STRIPE, Account.STRIPE_FEE))
    for transaction_id, account, currency, amount in wanted.order_by().values_list("transaction", "account", "currency", "amount"):
        (net if account == Account.STRIPE else fees)[transaction_id][currency] += amount
    return _Entries(net, fees)


def _application_fees(transactions: Iterable[LedgerTransaction], seller_id: UUID) -> Mapping[UUID, Mapping[str, int]]:
    """Return what we kept of sellers' payments: the fee of the payment on their account, a transaction of the same order in the books."""
    fees: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    of_order = {each.order_id: each.pk for each in transactions if each.kind == Kind.TRANSFER}
    rows = LedgerEntry.objects.filter(
        transaction__order__in=[order for order in of_order if order],
        transaction__kind__in=_WITHIN_A_PAYMENT,
        seller=seller_id,
        account=Account.STRIPE,
    )
    for order_id, currency, amount in rows.order_by().values_list("transaction__order", "currency", "amount"):
        fees[of_order[order_id]][currency] -= amount
    return fees


def unlisted(statement: Statement, *, posted_before: datetime) -> "QuerySet[LedgerTransaction]":
    """Return what the books have on a balance and its statement does not list.

    What was posted after the reading began may stand on a later page of Stripe's. What staff have explained is left out.
    """
    on_the_balance = LedgerEntry.objects.filter(transaction=OuterRef("pk"), account=Account.STRIPE, seller=statement.seller_id)
    listed = Q(pk=OuterRef("key"))
    if statement.seller_id is not None:
        listed |= Q(source_id=OuterRef("counterpart_id")) | Q(source_id=OuterRef("stripe_source_id"), type="adjustment")
    explained = Difference.objects.filter(transaction=OuterRef("pk"), statement=statement, line=None, ended_at__isnull=False)
    rows = LedgerTransaction.objects.filter(Exists(on_the_balance), posted_at__lt=posted_before).exclude(kind__in=_NOT_AT_STRIPE)
    if statement.seller_id is not None:
        here = Q(order__destination_account_id=statement.account_id) | Q(payout__stripe_account_id=statement.account_id)
        rows = rows.filter(here).exclude(kind__in=_WITHIN_A_PAYMENT)  # not what an earlier account of theirs received
    return rows.filter(~Exists(statement.lines.filter(listed)), ~Exists(explained)).order_by(F("happened_at"))


_NOT_AT_STRIPE: Final = (Kind.DISPUTE_DECIDED, Kind.FEE_ROUNDED, Kind.PAYOUT_PAID)
