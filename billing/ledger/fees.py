"""What our fee comes to in the books after refunds, against the rule (docs/adr, 0061), and what Stripe's rounding differs from it by."""

from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Q, Sum

from billing.ledger.models import Account, LedgerEntry, LedgerTransaction
from billing.ledger.postings import Line, Posting
from billing.ledger.services import post
from billing.orders.models import Order
from billing.refunds.shares import fee_returned
from common.money import Money

Kind = LedgerTransaction.Kind
_OF_REFUNDS: Final = (Kind.REFUND, Kind.REFUND_FAILURE, Kind.TRANSFER_REVERSAL)


def settle_fee(order: Order) -> list[str]:
    """Move what Stripe's rounding of our fee differs by from the rule to the account of roundings; return what is more, for staff.

    The caller holds the order's lock. Idempotent: what is rounded already is not rounded again, and after the last part nothing is left.
    """
    found = _returned(order)
    concerns = []
    if found.not_taken_back > 0:
        left = Money(found.not_taken_back, order.currency)
        concerns.append(f"{left} went back, and the seller still has it: reverse the transfer in Stripe's dashboard, or bear it.")
    if not found.parts:
        return concerns
    target = fee_returned(fee=order.fee, amount=order.money, taken_back=Money(min(found.taken_back, order.amount), order.currency))
    off = found.fee - target.minor
    if abs(off) > found.parts * order.money.step.minor:
        gone = Money(found.fee, order.currency)
        concerns.append(f"Of our fee {gone} went back, and by the rule {target}: see its refunds in Stripe's dashboard.")
    elif off:
        _round(order, Money(off, order.currency), found)
    return concerns


@dataclass(frozen=True, slots=True)
class _Returned:
    """What the books have of an order: taken back by refunds, and how much of our fee returned, in how many parts, roundings included."""

    not_taken_back: int
    taken_back: int
    fee: int
    parts: int
    roundings: int
    last: LedgerTransaction | None


def _returned(order: Order) -> _Returned:
    kind = "transaction__kind"
    entries = LedgerEntry.objects.filter(transaction__order=order, currency=order.currency)
    moved = Q(account__in=(Account.REFUNDS, Account.TAX))  # with its tax, which has an account of its own
    sums = entries.aggregate(
        not_taken_back=Sum("amount", filter=moved & Q(**{f"{kind}__in": _OF_REFUNDS}), default=0),
        taken_back=Sum("amount", filter=moved & Q(**{kind: Kind.TRANSFER_REVERSAL}), default=0),
        fee=Sum(
            "amount", filter=Q(**{f"{kind}__in": (Kind.APPLICATION_FEE_REFUND, Kind.FEE_ROUNDED)}, account=Account.PLATFORM_FEE), default=0
        ),
        parts=Count("pk", filter=Q(**{kind: Kind.APPLICATION_FEE_REFUND}, account=Account.PLATFORM_FEE)),
        roundings=Count("pk", filter=Q(**{kind: Kind.FEE_ROUNDED}, account=Account.ROUNDING)),
    )
    last = (
        order.ledger_transactions.filter(kind=Kind.APPLICATION_FEE_REFUND).order_by("-happened_at", "-pk").first()
        if sums["parts"]
        else None
    )
    return _Returned(sums["not_taken_back"], -sums["taken_back"], sums["fee"], sums["parts"], sums["roundings"], last)


def _round(order: Order, off: Money, found: _Returned) -> None:
    assert found.last is not None  # noqa: S101  for the type checker: there is a part
    post(
        [
            Posting(
                kind=Kind.FEE_ROUNDED,
                key=f"{order.pk}:fee-rounded:{found.roundings + 1}",
                lines=(Line(Account.PLATFORM_FEE, -off), Line(Account.ROUNDING, off)),
                happened_at=found.last.happened_at,
                available_at=found.last.available_at,
                order=order,
            )
        ]
    )
