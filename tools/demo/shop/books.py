"""The demo's past sales in the books: the postings of the services, for many orders at once, from what the sandbox says that it moved."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from django.utils import timezone

from billing.ledger.fees import settle_fee
from billing.ledger.postings import Posting, posting_of
from billing.ledger.services import causes_of, post
from billing.orders.models import Order
from billing.stripe.movement_data import Movement, MovementKind
from common.db.locking import locked_transaction
from common.money import Money

_KINDS: Final = {"transfer_refund": MovementKind.TRANSFER_REVERSAL}  # the others have the name that the balance transaction has


def book(moved: Mapping[str, Sequence[Mapping[str, Any]]]) -> int:
    """Post what was moved for orders, by their sessions, as `reconcile_order` does for each. Return how many orders that were.

    Nobody else brings them into the books meanwhile: the sweep comes to them later (`sales.LATER`). One that was cut off is its, too.
    """
    found = Order.objects.filter(checkout_session_id__in=moved, booked_at=None).prefetch_related("refunds", "disputes")
    with locked_transaction():
        orders = list(found)
        post([posting for order in orders for posting in _postings(order, moved[order.checkout_session_id or ""])])
        for order in orders:
            if order.refunded_amount:
                settle_fee(order)
        return Order.objects.filter(pk__in=[order.pk for order in orders]).update(booked_at=timezone.now())


def _postings(order: Order, moved: Sequence[Mapping[str, Any]]) -> list[Posting]:
    movements = list(_movements(moved))
    causes = causes_of(order, movements)
    return [posting_of(movement, causes) for movement in movements]


def _movements(moved: Sequence[Mapping[str, Any]]) -> Iterator[Movement]:
    for one in moved:
        amount = Money(one["amount"], one["currency"])
        yield Movement(
            stripe_id=one["id"],
            kind=_KINDS.get(one["type"]) or MovementKind(one["type"]),
            source_id=one["source"],
            amount=amount,
            fee=Money(one["fee"], one["currency"]),
            sold_amount=amount,  # the sandbox converts nothing
            happened_at=datetime.fromtimestamp(one["created"], UTC),
            available_at=datetime.fromtimestamp(one["available_on"], UTC),
            refund_stripe_id=one["refund"],
            counterpart_id=one["counterpart"],
        )
