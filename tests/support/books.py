"""Movements at Stripe as they would come of an order's payment, posted without Stripe."""

from datetime import datetime
from itertools import count

from django.db import transaction

from billing.disputes.models import Dispute
from billing.ledger.postings import Causes, posting_of
from billing.ledger.services import post
from billing.orders.models import Order
from billing.stripe.movement_data import Movement, MovementKind
from common.money import Money

_numbers = count(1)


def move(
    order: Order,
    kind: MovementKind,
    minor: int,
    *,
    at: datetime,
    available_at: datetime | None = None,
    fee: int = 0,
    dispute: Dispute | None = None,
) -> None:
    """Post one movement of our balance, of the order's currency."""
    amount = Money(minor, order.currency)
    movement = Movement(
        stripe_id=f"txn_{next(_numbers)}",
        kind=kind,
        source_id=dispute.pk if dispute else "xx_1",
        amount=amount,
        fee=Money(fee, order.currency),
        sold_amount=amount,
        happened_at=at,
        available_at=available_at or at,
    )
    causes = Causes(order=order, disputes={dispute.pk: dispute} if dispute else {})
    with transaction.atomic():
        post([posting_of(movement, causes)])


def book_sale(order: Order, *, at: datetime, available_at: datetime | None = None) -> None:
    """Post the payment of an order: what the buyer paid, the transfer, and our fee."""
    move(order, MovementKind.CHARGE, order.amount, at=at, available_at=available_at, fee=33)
    move(order, MovementKind.TRANSFER, -order.amount, at=at, available_at=available_at)
    if order.application_fee:
        move(order, MovementKind.APPLICATION_FEE, order.application_fee, at=at, available_at=available_at)


def book_refund(order: Order, minor: int, *, at: datetime) -> None:
    """Post a refund that takes the seller's part and our fee's part back."""
    move(order, MovementKind.REFUND, -minor, at=at)
    move(order, MovementKind.TRANSFER_REVERSAL, minor, at=at)
    move(order, MovementKind.APPLICATION_FEE_REFUND, -order.fee.part(minor, order.amount).minor, at=at)
