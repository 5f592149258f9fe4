"""Payouts from a balance at Stripe, ours or a connected account's, to a bank (docs.stripe.com/api/payouts)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from billing.stripe import client
from billing.stripe.movement_data import Movement, MovementKind
from billing.stripe.movements import movement_of
from common.money import Money

_EXPANDED: Final = ["balance_transaction", "failure_balance_transaction"]


@dataclass(frozen=True, slots=True)
class StripePayout:
    """One payout. `failure` is why it came back, as Stripe says it; `movements` are of the balance that it was paid from."""

    stripe_id: str
    status: str
    amount: Money
    failure: str
    created_at: datetime
    arrives_at: datetime
    movements: tuple[Movement, ...]


def read_payout(payout_id: str, *, account_id: str) -> StripePayout:
    """Return what Stripe says now of a payout.

    Args:
        payout_id: po_…
        account_id: from whose balance: a connected account; empty for our own.

    Raises:
        StripeAccountGone: the account is no longer connected to us.
    """
    with client.api("payouts") as v1:
        payout = v1.payouts.retrieve(payout_id, {"expand": _EXPANDED}, {"stripe_account": account_id} if account_id else {})
    amount = Money(payout.amount, payout.currency)
    moved = movement_of(MovementKind.PAYOUT, payout.id, payout.balance_transaction, -amount)
    back = movement_of(MovementKind.PAYOUT_FAILURE, payout.id, payout.failure_balance_transaction, amount)
    return StripePayout(
        stripe_id=payout.id,
        status=payout.status,
        amount=amount,
        failure=payout.failure_message or "",
        created_at=datetime.fromtimestamp(payout.created, UTC),
        arrives_at=datetime.fromtimestamp(payout.arrival_date, UTC),
        movements=(*moved, *back),
    )
