"""The balance of an account: each movement, what Stripe keeps of it, and when it may be paid out.

Types and categories: https://docs.stripe.com/reports/balance-transaction-types, https://docs.stripe.com/reports/reporting-categories
"""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from tools.sandbox.act import Act
from tools.sandbox.currencies import decimals, step
from tools.sandbox.shapes import shaped

# Stripe's published price for European cards in Europe; only its shape matters here
PERCENT_TENTHS, FIXED_HUNDREDTHS = 15, 25
DISPUTE_FEE_UNITS = 20
A_DAY, DELAY_DAYS = 86400, 2
# type of a movement → category, where it is another word; an adjustment is told its category
CATEGORIES = {
    "application_fee": "platform_earning",
    "application_fee_refund": "platform_earning_refund",
    "payment": "charge",
    "payment_refund": "refund",
    "payout_cancel": "payout_reversal",
    "payout_failure": "payout_reversal",
    "transfer_refund": "transfer_reversal",
}


class Fee(NamedTuple):
    """A part of a movement that somebody else keeps; negative if it comes back."""

    type: str
    amount: int
    description: str


def enter(
    act: Act,
    kind: str,
    source: dict[str, Any],
    amount: int,
    fees: Iterable[Fee] = (),
    *,
    category: str = "",
    available_on: int = 0,
) -> str:
    """Write one movement of the owner's balance in minor units; returns its id. It is available at once unless told otherwise."""
    details = [
        {"amount": fee.amount, "application": "ca_platform" if fee.type == "application_fee" else None, "currency": source["currency"]}
        | {"description": fee.description, "type": fee.type}
        for fee in fees
        if fee.amount
    ]
    taken = sum(fee.amount for fee in fees)
    now = act.now()
    made = act.make(
        "balance_transaction",
        amount=amount,
        available_on=max(now, available_on),
        created=now,
        currency=source["currency"],
        description=source.get("description"),
        fee=taken,
        fee_details=details,
        net=amount - taken,
        reporting_category=category or CATEGORIES.get(kind, kind),
        source=source["id"],
        status="pending" if available_on > now else "available",
        type=kind,
    )
    return str(made["id"])


def processing_fee(amount: int, currency: str) -> Fee:
    """What Stripe keeps of a charge."""
    fixed = FIXED_HUNDREDTHS * 10 ** decimals(currency) // 100
    fee = (amount * PERCENT_TENTHS + 500) // 1000 + fixed
    return Fee("stripe_fee", min(amount, fee - fee % step(currency)), "Stripe processing fees")


def dispute_fee(currency: str) -> Fee:
    """What Stripe asks for a dispute, and gives back with one that is won."""
    return Fee("stripe_fee", DISPUTE_FEE_UNITS * 10 ** decimals(currency), "Dispute fee")


def available_on(act: Act) -> int:
    """When the owner may be paid out what is charged now."""
    account = act.store.get("account", act.owner) if act.owner else None
    days = account["settings"]["payouts"]["schedule"]["delay_days"] if account else DELAY_DAYS
    return act.now() + int(days) * A_DAY


def make_available(act: Act, entry: dict[str, Any]) -> None:
    """Let a movement be paid out: its time has come."""
    act.store.save(entry | {"status": "available"})


def retrieve_balance(act: Act, _params: dict[str, Any]) -> dict[str, Any]:
    """What the owner has, by currency: available, and pending until its charges have settled."""
    sums = _sums(act)
    owned = currencies(act) or [own_currency(act)]
    return shaped(
        "balance",
        **{status: [_part(sums.get((currency, status), 0), currency) for currency in owned] for status in ("available", "pending")},
        connect_reserved=[{"amount": 0, "currency": currency} for currency in owned],
    )


def available(act: Act, currency: str) -> int:
    """What may be paid out in a currency, in minor units; negative if the owner owes it."""
    return _sums(act).get((currency, "available"), 0)


def currencies(act: Act) -> list[str]:
    """In which currencies the owner has ever had something."""
    return sorted({currency for currency, _ in _sums(act)})


def own_currency(act: Act) -> str:
    """What the owner's balance is in as long as nothing has moved."""
    account = act.store.get("account", act.owner) if act.owner else None
    return str(account["default_currency"]) if account else "eur"


def not_paid_out(act: Act) -> list[dict[str, Any]]:
    """The available movements that no automatic payout has taken up, oldest first."""
    sql = (
        "SELECT body FROM objects WHERE kind = 'balance_transaction' AND owner = ? AND json_extract(body, '$.status') = 'available'"
        " AND json_extract(body, '$._payout') IS NULL ORDER BY seq"
    )
    return [json.loads(row["body"]) for row in act.store.rows(sql, act.owner)]


def _sums(act: Act) -> dict[tuple[str, str], int]:
    sql = (
        "SELECT json_extract(body, '$.currency') AS currency, json_extract(body, '$.status') AS status,"
        " sum(json_extract(body, '$.net')) AS net FROM objects WHERE kind = 'balance_transaction' AND owner = ? GROUP BY 1, 2"
    )
    return {(row["currency"], row["status"]): row["net"] for row in act.store.rows(sql, act.owner)}


def _part(amount: int, currency: str) -> dict[str, Any]:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}
