"""Who bears a refund: the one rule by which the seller's share and our fee's part go back with it (docs/adr, 0061). No database.

Of the fee there goes back in all what the rule gives for all that was taken back so far, never a sum of rounded parts: many small refunds
come to the same as a large one, and nothing is left of the fee once everything went back.
"""

from dataclasses import dataclass

from billing.orders.models import Order
from common.money import Money


@dataclass(frozen=True, slots=True)
class Shares:
    """The parts of a refund: `seller` is what the seller bears, `fee` what we give back of our fee; together they are the refund."""

    seller: Money
    fee: Money


def fee_returned(*, fee: Money, amount: Money, taken_back: Money) -> Money:
    """Return how much of the fee has gone back in all once so much of the amount was taken back, rounded half even."""
    return fee.part(taken_back.minor, amount.minor)


def shares_of(refund: Money, *, before: Money, fee: Money, amount: Money) -> Shares:
    """Return who bears a refund of a payment of which so much was refunded before."""
    gone, then = (fee_returned(fee=fee, amount=amount, taken_back=each) for each in (before, before + refund))
    return Shares(seller=refund - (then - gone), fee=then - gone)


def shares_of_the_rest(order: Order) -> Shares:
    """Return who bears what is left of an order if all of it is refunded now."""
    return shares_of(order.refundable, before=order.refund_requested, fee=order.fee, amount=order.money)
