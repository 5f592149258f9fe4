"""Movements of a balance at Stripe, as the books take them. No Django, no network."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from common.money import Money


class MovementKind(StrEnum):
    """What moved the money, by the object at Stripe that did."""

    CHARGE = "charge"
    TRANSFER = "transfer"
    APPLICATION_FEE = "application_fee"
    REFUND = "refund"
    REFUND_FAILURE = "refund_failure"
    TRANSFER_REVERSAL = "transfer_reversal"
    APPLICATION_FEE_REFUND = "application_fee_refund"
    DISPUTE = "dispute"
    PAYOUT = "payout"
    PAYOUT_FAILURE = "payout_failure"


@dataclass(frozen=True, slots=True)
class Movement:
    """One balance transaction (docs.stripe.com/api/balance_transactions/object).

    Attributes:
        stripe_id: txn_…; Stripe has it once.
        source_id: the object that moved the money.
        amount: what the balance gained, below zero where it lost; before Stripe's fee.
        fee: what Stripe keeps of it; below zero where it gives a fee back.
        sold_amount: the same as `amount`, in the currency in which the object counts; another one only where Stripe has converted it.
        available_at: from when on Stripe pays it out.
        refund_stripe_id: the refund that a transfer's reversal belongs to; empty for one made by hand, and for everything else.
        counterpart_id: by what the seller's account knows the same movement (py_…, pyr_…); empty where Stripe names nothing.
    """

    stripe_id: str
    kind: MovementKind
    source_id: str
    amount: Money
    fee: Money
    sold_amount: Money
    happened_at: datetime
    available_at: datetime
    refund_stripe_id: str = ""
    counterpart_id: str = ""

    @property
    def net(self) -> Money:
        """What the balance has gained in the end."""
        return self.amount - self.fee
