"""Refunds as Stripe is asked for them (docs.stripe.com/api/refunds)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from billing.stripe import client
from common.money import Money

if TYPE_CHECKING:
    from stripe.params import RefundCreateParams


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Money that goes back, of the payment's currency, and whether the seller's share and our fee's part go back with it.

    Attributes:
        key: the idempotency key. Stripe repeats for a day what it answered to a key, failures of its own too.
    """

    refund_id: UUID
    order_id: UUID
    payment_intent_id: str
    amount: Money
    with_share: bool
    with_fee: bool
    key: str


def create_refund(request: RefundRequest) -> None:
    """Give money back to the buyer, taking the seller's and our own share back with it."""
    with client.api("refunds") as v1:
        v1.refunds.create(refund_params(request), {"idempotency_key": request.key})


def refund_params(request: RefundRequest) -> "RefundCreateParams":
    """Return what Stripe is told of a refund."""
    params: RefundCreateParams = {
        "payment_intent": request.payment_intent_id,
        "amount": request.amount.minor,
        "reverse_transfer": request.with_share,
        "metadata": {"refund_id": str(request.refund_id), "order_id": str(request.order_id)},
    }
    if request.with_fee:
        params["refund_application_fee"] = True
    return params
