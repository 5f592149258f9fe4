"""What Stripe says about one order's payment at one moment, and what follows from it. No Django, no network."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from billing.stripe.movement_data import Movement
from common.money import Money


class DisputeState(StrEnum):
    """Where the buyer's bank stands with the money. A won dispute is none: the money is back."""

    NONE = "none"
    OPEN = "open"
    UNKNOWN = "unknown"  # a status that did not exist when this was written
    LOST = "lost"


# Every status of the API version that our SDK speaks (stripe.Dispute.status); a test holds the two together.
# Inquiries (`warning_…`) and prevented disputes take no money; after an appeal the bank decides once more.
DISPUTE_STATES: Final[Mapping[str, DisputeState]] = {
    "warning_needs_response": DisputeState.NONE,
    "warning_under_review": DisputeState.NONE,
    "warning_closed": DisputeState.NONE,
    "prevented": DisputeState.NONE,
    "won": DisputeState.NONE,
    "needs_response": DisputeState.OPEN,
    "under_review": DisputeState.OPEN,
    "appeal_needs_response": DisputeState.OPEN,
    "appeal_under_review": DisputeState.OPEN,
    "lost": DisputeState.LOST,
}
ENDED_DISPUTES: Final = frozenset(("won", "lost", "warning_closed", "prevented"))
NEEDS_RESPONSE: Final = frozenset(("warning_needs_response", "needs_response", "appeal_needs_response"))


def dispute_state(status: str) -> DisputeState:
    """Return where the money of a dispute stands."""
    return DISPUTE_STATES.get(status, DisputeState.UNKNOWN)


def sum_up(states: Iterable[DisputeState]) -> DisputeState:
    """Sum up several disputes of one payment: lost beats unknown, unknown beats open."""
    return max(states, key=list(DisputeState).index, default=DisputeState.NONE)


@dataclass(frozen=True, slots=True)
class StripeDispute:
    """One dispute at Stripe; `respond_by` is None where the bank takes no answer, `amount` may be of another currency than the payment."""

    stripe_id: str
    status: str
    reason: str
    amount: Money
    opened_at: datetime
    respond_by: datetime | None

    @property
    def state(self) -> DisputeState:
        return dispute_state(self.status)


@dataclass(frozen=True, slots=True)
class StripeRefund:
    """One refund at Stripe: `refund_id` is our row's, empty for one of the dashboard; `took_back`: whether the seller's share went."""

    stripe_id: str
    refund_id: str
    amount: Money
    status: str
    failure: str
    took_back: bool = True


@dataclass(frozen=True, slots=True)
class TaxLine:
    """One tax that Stripe has worked out, contained in the amount.

    Attributes:
        name: as people call it, `VAT`.
        percent: as Stripe writes it, `19.0`.
        country: two letters, or nothing.
        reason: Stripe's word for why it is that much, `standard_rated`, `reverse_charge`.
    """

    name: str
    percent: str
    country: str
    reason: str
    amount: Money


@dataclass(frozen=True, slots=True)
class BillingParty:
    """Who the buyer said they are on Stripe's page; tax ids in a form that Stripe has checked."""

    name: str
    address: tuple[str, ...]
    tax_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subscribed:
    """Which period of which subscription a payment is for."""

    subscription_id: str
    customer_id: str
    invoice_id: str
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Payment:
    """A Checkout Session with its payment, refunds and disputes.

    Attributes:
        order_id, reference: the order that the session's metadata and client_reference_id name.
        status: open, complete or expired (Stripe, "The Session object").
        paid: the money is there; a complete session may wait for a bank debit.
        amount: of the payment once there is one, before that of the session.
        destination, fee: who gets the rest and what we keep; None while there is no payment.
        refunded: what went back, refunds that still wait included.
        movements: of our balance at Stripe, for this payment and what became of it.
        taxes: contained in the amount; none without Stripe Tax.
        billing_party: None until the buyer has completed Stripe's page.
        subscribed: the period that it pays for, if it is one of a subscription.
        card: what Stripe calls the card that was charged, the same at each of its purchases (`fingerprint`); empty for other means.
    """

    session_id: str
    order_id: str
    reference: str
    livemode: bool
    status: str
    paid: bool
    amount: Money
    refunded: Money
    intent_id: str | None = None
    intent_status: str = ""
    destination: str | None = None
    fee: Money | None = None
    paid_with: str = ""
    refunds: tuple[StripeRefund, ...] = ()
    disputes: tuple[StripeDispute, ...] = ()
    movements: tuple[Movement, ...] = ()
    taxes: tuple[TaxLine, ...] = ()
    billing_party: BillingParty | None = None
    subscribed: Subscribed | None = None
    card: str = ""

    @property
    def dispute(self) -> DisputeState:
        return sum_up(dispute.state for dispute in self.disputes)
