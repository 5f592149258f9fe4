"""What Stripe says of one order's payment at one moment, and what follows from it. No Django, no network."""

from dataclasses import dataclass
from enum import StrEnum


class Dispute(StrEnum):
    """Where the buyer's bank stands. A won dispute is none: the money is back."""

    NONE = "none"
    OPEN = "open"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class GivenBack:
    """One refund at Stripe. `refund_id` is our row's, empty for one made in Stripe's dashboard; amounts are minor units."""

    stripe_id: str
    refund_id: str
    amount: int
    status: str
    failure: str


@dataclass(frozen=True, slots=True)
class Payment:
    """A Checkout Session with its payment, refunds and dispute.

    Attributes:
        order_id, reference: the order that the session's metadata and client_reference_id name.
        status: open, complete or expired (Stripe, "The Session object").
        paid: the money is there; a complete session may wait for a bank debit.
        amount: minor units of `currency`, of the payment once there is one.
        destination, fee: who gets the rest and what we keep; None while there is no payment.
        refunded: minor units given back, waiting refunds included.
    """

    session_id: str
    order_id: str
    reference: str
    livemode: bool
    status: str
    paid: bool
    amount: int
    currency: str
    intent_id: str | None
    intent_status: str
    destination: str | None
    fee: int | None
    paid_with: str
    refunded: int
    refunds: tuple[GivenBack, ...]
    dispute: Dispute
