"""What Stripe has moved for one payment: its balance transactions, each read with the object that caused it.

Only a balance transaction says what Stripe keeps, in which currency it settled, and when the money can be paid out.
Source: docs.stripe.com/api/balance_transactions and docs.stripe.com/connect/destination-charges.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

import stripe

from billing.stripe.fields import expanded
from billing.stripe.movement_data import Movement, MovementKind
from common.money import Money

# Each is four levels deep, which is as deep as Stripe expands.
OF_A_SESSION: Final = [
    "payment_intent.latest_charge.balance_transaction",
    "payment_intent.latest_charge.transfer.balance_transaction",
    "payment_intent.latest_charge.application_fee.balance_transaction",
]
OF_AN_INTENT: Final = [path.removeprefix("payment_intent.") for path in OF_A_SESSION]
OF_REFUNDS: Final = ["data.balance_transaction", "data.failure_balance_transaction"]
_OF_A_LIST: Final = ["data.balance_transaction"]
_Expandable = str | stripe.BalanceTransaction | None


def read_movements(
    v1: stripe.V1Services, charge: stripe.Charge, refunds: Iterable[stripe.Refund], disputes: Iterable[stripe.Dispute]
) -> tuple[Movement, ...]:
    """Return the movements of our balance for a charge that was expanded by `OF_A_SESSION`, and its refunds by `OF_REFUNDS`.

    What was taken back from the seller is asked for in addition, if anything was.
    """
    found = [*_of_charge(charge), *_of_refunds(refunds), *_of_disputes(disputes), *_taken_back(v1, charge), *_fees_returned(v1, charge)]
    return tuple(found)


def _of_charge(charge: stripe.Charge) -> Iterator[Movement]:
    yield from movement_of(MovementKind.CHARGE, charge.id, charge.balance_transaction, Money(charge.amount, charge.currency))
    if transfer := expanded(charge.transfer):
        yield from movement_of(
            MovementKind.TRANSFER,
            transfer.id,
            transfer.balance_transaction,
            Money(-transfer.amount, transfer.currency),
            counterpart_id=_id(transfer.destination_payment),
        )
    if fee := expanded(charge.application_fee):
        yield from movement_of(MovementKind.APPLICATION_FEE, fee.id, fee.balance_transaction, Money(fee.amount, fee.currency))


def _of_refunds(refunds: Iterable[stripe.Refund]) -> Iterator[Movement]:
    for refund in refunds:
        amount = Money(refund.amount, refund.currency)
        yield from movement_of(MovementKind.REFUND, refund.id, refund.balance_transaction, -amount)
        failure = getattr(refund, "failure_balance_transaction", None)  # left out unless it failed
        yield from movement_of(MovementKind.REFUND_FAILURE, refund.id, failure, amount)


def _of_disputes(disputes: Iterable[stripe.Dispute]) -> Iterator[Movement]:
    for dispute in disputes:
        for moved in dispute.balance_transactions:
            sold = Money(dispute.amount if moved.amount > 0 else -dispute.amount, dispute.currency)
            yield from movement_of(MovementKind.DISPUTE, dispute.id, moved, sold)


def _taken_back(v1: stripe.V1Services, charge: stripe.Charge) -> Iterator[Movement]:
    transfer = expanded(charge.transfer)
    if transfer is None or not transfer.amount_reversed:
        return
    for reversal in v1.transfers.reversals.list(transfer.id, {"limit": 100, "expand": _OF_A_LIST}).auto_paging_iter():
        yield from movement_of(
            MovementKind.TRANSFER_REVERSAL,
            reversal.id,
            reversal.balance_transaction,
            Money(reversal.amount, reversal.currency),
            refund_stripe_id=_id(reversal.source_refund),
            counterpart_id=_id(reversal.destination_payment_refund),
        )


def _fees_returned(v1: stripe.V1Services, charge: stripe.Charge) -> Iterator[Movement]:
    fee = expanded(charge.application_fee)
    if fee is None or not fee.amount_refunded:
        return
    for returned in v1.application_fees.refunds.list(fee.id, {"limit": 100, "expand": _OF_A_LIST}).auto_paging_iter():
        amount = Money(-returned.amount, returned.currency)
        yield from movement_of(MovementKind.APPLICATION_FEE_REFUND, returned.id, returned.balance_transaction, amount)


def movement_of(
    kind: MovementKind,
    source_id: str,
    field: _Expandable,
    sold: Money,
    *,
    refund_stripe_id: str = "",
    counterpart_id: str = "",
) -> Iterator[Movement]:
    """Yield the movement, or nothing while Stripe has none: a bank debit has moved nothing before it has settled."""
    moved = expanded(field)
    if moved is None:
        return
    yield Movement(
        stripe_id=moved.id,
        kind=kind,
        source_id=source_id,
        amount=Money(moved.amount, moved.currency),
        fee=Money(moved.fee, moved.currency),
        sold_amount=sold,
        happened_at=datetime.fromtimestamp(moved.created, UTC),
        available_at=datetime.fromtimestamp(moved.available_on, UTC),
        refund_stripe_id=refund_stripe_id,
        counterpart_id=counterpart_id,
    )


def _id(field: str | stripe.StripeObject | None) -> str:
    """Return the id of a field, expanded or not."""
    return field if isinstance(field, str) else "" if field is None else str(field["id"])
