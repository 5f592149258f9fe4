"""What each movement at Stripe means in the books: one table, and the lines that follow from it. No database.

A buyer pays into our balance, which Stripe's fee is taken from; the whole amount goes on to the seller's account, and our fee comes back
from there (docs.stripe.com/connect/destination-charges). Each is one movement of our balance, so each has one transaction:

    movement                  our balance   against                    seller's balance   payable to the seller
    charge                    + less fee    − buyers' clearing
    transfer                  −             + buyers' clearing         +                  −
    application fee           +             − platform fee             −                  +
    refund                    −             + refunds
    transfer reversal         +             − refunds, or disputes lost −                 +
    application fee refund    −             + platform fee             +                  −
    dispute                   ± with fee    ∓ held by disputes

Tax that Stripe worked out is a part of what the buyer pays and the seller gets: of buyers' clearing and refunds, that part is in *tax*.

A debit is above zero. What a seller's account holds at Stripe and what is payable to them mirror each other until a payout is under way.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from billing.disputes.models import Dispute
from billing.ledger.models import Account, LedgerTransaction
from billing.orders.models import Order
from billing.payouts.models import Payout
from billing.refunds.models import Refund
from billing.stripe.movement_data import Movement, MovementKind
from common.money import Money

Kind = LedgerTransaction.Kind


@dataclass(frozen=True, slots=True)
class Line:
    """One side: a debit is above zero."""

    account: Account
    money: Money
    seller_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """A transaction that is to be in the books, once for its key."""

    kind: Kind
    key: str
    lines: tuple[Line, ...]
    happened_at: datetime
    available_at: datetime
    order: Order | None = None
    refund: Refund | None = None
    dispute: Dispute | None = None
    payout: Payout | None = None
    stripe_source_id: str = ""
    counterpart_id: str = ""


@dataclass(frozen=True, slots=True)
class Causes:
    """What a payment's movements lead to: its order, and by Stripe's ids its refunds and disputes."""

    order: Order
    refunds: Mapping[str, Refund] = field(default_factory=dict)
    disputes: Mapping[str, Dispute] = field(default_factory=dict)
    charge_available_at: datetime | None = None


AGAINST: Final[Mapping[MovementKind, Account]] = {
    MovementKind.CHARGE: Account.BUYERS_CLEARING,
    MovementKind.TRANSFER: Account.BUYERS_CLEARING,
    MovementKind.APPLICATION_FEE: Account.PLATFORM_FEE,
    MovementKind.REFUND: Account.REFUNDS,
    MovementKind.REFUND_FAILURE: Account.REFUNDS,
    MovementKind.TRANSFER_REVERSAL: Account.REFUNDS,
    MovementKind.APPLICATION_FEE_REFUND: Account.PLATFORM_FEE,
    MovementKind.DISPUTE: Account.DISPUTES_HELD,
}
WITH_THE_SELLER: Final = frozenset(
    (MovementKind.TRANSFER, MovementKind.APPLICATION_FEE, MovementKind.TRANSFER_REVERSAL, MovementKind.APPLICATION_FEE_REFUND)
)


PAID_BY_BUYERS: Final = (Account.BUYERS_CLEARING, Account.REFUNDS)


def posting_of(movement: Movement, causes: Causes) -> Posting:
    """Return the transaction of a movement of our balance that belongs to an order's payment."""
    against = AGAINST[movement.kind]
    if movement.kind is MovementKind.TRANSFER_REVERSAL and not movement.refund_stripe_id and causes.disputes:
        against = Account.DISPUTES_LOST  # taken back by hand after the bank's decision
    lines = [*_of_our_balance(movement), *_against(movement, against), *_tax_within(movement, against, causes.order)]
    if movement.kind in WITH_THE_SELLER:
        seller_id = causes.order.seller_id
        lines += [
            Line(Account.STRIPE, -movement.amount, seller_id),
            Line(Account.SELLER_PAYABLE, movement.amount, seller_id),
        ]
    return Posting(
        kind=Kind(movement.kind.value),
        key=movement.stripe_id,
        lines=merged(lines),
        happened_at=movement.happened_at,
        available_at=_available_at(movement, causes),
        order=causes.order,
        refund=causes.refunds.get(movement.refund_stripe_id or movement.source_id),
        dispute=causes.disputes.get(movement.source_id),
        stripe_source_id=movement.source_id,
        counterpart_id=movement.counterpart_id,
    )


def merged(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Return the lines with one for each account, owner and currency; what comes to nothing is left out."""
    sums: dict[tuple[Account, UUID | None, str], int] = defaultdict(int)
    for line in lines:
        sums[line.account, line.seller_id, line.money.currency] += line.money.minor
    return tuple(Line(account, Money(minor, code), seller) for (account, seller, code), minor in sums.items() if minor)


def balances(lines: Iterable[Line]) -> bool:
    """Whether debits and credits are the same in each currency, and there are both."""
    sums: dict[str, int] = defaultdict(int)
    for line in lines:
        sums[line.money.currency] += line.money.minor
    return bool(sums) and not any(sums.values())


def _of_our_balance(movement: Movement) -> list[Line]:
    return [Line(Account.STRIPE, movement.net), Line(Account.STRIPE_FEE, movement.fee)]


def _against(movement: Movement, account: Account) -> list[Line]:
    """Return the other side, in the currency in which it was sold: what Stripe has converted goes through the exchange."""
    settled, sold = movement.amount, movement.sold_amount
    if settled.currency == sold.currency:
        return [Line(account, -settled)]
    return [Line(Account.EXCHANGE, -settled), Line(Account.EXCHANGE, sold), Line(account, -sold)]


def _tax_within(movement: Movement, against: Account, order: Order) -> list[Line]:
    """Move the tax of what a buyer pays, and of what goes on to the seller, who owes it, through its own account; as it goes back, too."""
    sold = movement.sold_amount
    if against not in PAID_BY_BUYERS or sold.currency != order.currency:
        return []
    tax = order.tax.part(sold.minor, order.amount)
    return [Line(against, tax), Line(Account.TAX, -tax)]


def _available_at(movement: Movement, causes: Causes) -> datetime:
    """A seller's part of a payment is paid out when the payment itself is."""
    if movement.kind in WITH_THE_SELLER and causes.charge_available_at is not None:
        return max(movement.available_at, causes.charge_available_at)
    return movement.available_at
