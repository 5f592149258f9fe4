"""What pages of refunds show: whether money is given back, until when, and what was pulled."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone

from billing.orders.models import Order
from billing.orders.pulled import counted_pulls, kept_proofs
from billing.orders.refund_windows import own_refund_until, seller_refunds_until, time_to_hear_of_pulls, was_pulled
from billing.orders.selectors import kept_because_of, stopped_by_dispute
from billing.orders.state import HOLDING_STATES
from common.web.client import wider_network_of
from marketplace.insights.models import PullCount

PULLS_SHOWN: Final = 50  # the newest


@dataclass(frozen=True, slots=True)
class OwnRefund:
    """Whether the buyer takes the money back alone.

    Attributes:
        until: until when, as it was offered at the sale; None if it was not.
        ended: whether that time is over.
        pulled: whether an image was pulled since the sale.
        open: whether they may do it now.
        later: the purchase that it made cheaper, and because of which they may not; None if there is none.
    """

    until: datetime | None
    ended: bool
    pulled: bool
    open: bool
    later: Order | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """Pulls of one day with one client from one network, as the registry told of them.

    Attributes:
        network: the /24 of the address, of IPv6 the /48: enough to recognise one's own, and nobody's address; empty if it told none.
    """

    repository: str
    first_at: datetime
    last_at: datetime
    digest: str
    client: str
    network: str
    count: int


def own_refund(order: Order) -> OwnRefund:
    """Return whether the order's buyer takes the money back alone. A fixed number of queries."""
    until = own_refund_until(order)
    if until is None or not _has_something_left(order):
        return OwnRefund(until, ended=False, pulled=False, open=False)
    ended, pulled, later = until < timezone.now(), was_pulled(order), kept_because_of(order)
    return OwnRefund(until, ended=ended, pulled=pulled, open=not ended and not pulled and later is None, later=later)


def seller_may_refund(order: Order) -> bool:
    """Whether the seller of the order gives money back now."""
    until = seller_refunds_until(order)
    return until is not None and until >= timezone.now() and _has_something_left(order)


def minutes_until_decided() -> int:
    """Return how many minutes after it was asked for a buyer's own refund is decided."""
    return -(-time_to_hear_of_pulls() // timedelta(minutes=1))


def pulls_since_sale(order: Order) -> QuerySet[PullCount]:
    """Return what the buyer, or who has claimed the gift, pulled of the order since the sale, the newest days first."""
    return counted_pulls(order).select_related("image").order_by("-day", "image", "tag")[:PULLS_SHOWN]


def proofs_since_sale(order: Order) -> list[Proof]:
    """Return what the registry told of these pulls, the newest first; of an address no more than its network."""
    return [
        Proof(row.image.repository, row.first_at, row.last_at, row.digest, row.client, wider_network_of(row.address), row.count)
        for row in kept_proofs(order).select_related("image").order_by("-last_at", "pk")[:PULLS_SHOWN]
    ]


def _has_something_left(order: Order) -> bool:
    return order.state in HOLDING_STATES and order.refundable.minor > 0 and not stopped_by_dispute(order)
