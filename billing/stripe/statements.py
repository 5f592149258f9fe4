"""What has moved a balance at Stripe, ours or a connected account's, a page at a time (docs.stripe.com/api/balance_transactions/list)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import stripe

from billing.stripe import client

if TYPE_CHECKING:
    from stripe.params import BalanceTransactionListParams

PAGE: Final = 100  # the most that Stripe gives at once


@dataclass(frozen=True, slots=True)
class StripeLine:
    """One balance transaction.

    Attributes:
        stripe_id: txn_…
        type: Stripe's word: charge, payment, transfer, payout, …
        source_id: the object that moved the money; empty where Stripe names none.
        amount: minor units that the balance gained, below zero where it lost; before the fee.
        fee: minor units that somebody else keeps: Stripe, and of a connected account's payment we.
    """

    stripe_id: str
    type: str
    source_id: str
    amount: int
    fee: int
    currency: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StatementPage:
    """Lines, newest first, and whether there are older ones."""

    lines: tuple[StripeLine, ...]
    has_more: bool


def read_statement(account_id: str, *, since: datetime | None, after: str) -> StatementPage:
    """Return the next page of what has moved an account's balance.

    Args:
        account_id: a connected account; empty for our own.
        since: leave out what is older.
        after: the last line of the page before; empty for the first page.

    Raises:
        StripeAccountGone: the account is no longer connected to us.
    """
    params: BalanceTransactionListParams = {"limit": PAGE}
    if since is not None:
        params["created"] = {"gte": int(since.timestamp())}
    if after:
        params["starting_after"] = after
    with client.api("balance transactions") as v1:
        page = v1.balance_transactions.list(params, {"stripe_account": account_id} if account_id else {})
    return StatementPage(tuple(_line(each) for each in page.data), has_more=page.has_more)


def _line(entry: stripe.BalanceTransaction) -> StripeLine:
    source = entry.source
    return StripeLine(
        stripe_id=entry.id,
        type=entry.type,
        source_id=source if isinstance(source, str) else "",
        amount=entry.amount,
        fee=entry.fee,
        currency=entry.currency,
        created_at=datetime.fromtimestamp(entry.created, UTC),
    )
