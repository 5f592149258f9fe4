"""What was pulled of an order since it was sold: by its buyer, or by whoever has claimed it if it is a gift."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from billing.orders.models import Order
from billing.orders.selectors import image_ids_given_by
from marketplace.gifts.selectors import gift_of_order
from marketplace.insights.holders import proofs_of_holder, pulls_of_holder
from marketplace.insights.models import BuyerPull, PullCount


@dataclass(frozen=True, slots=True)
class Holder:
    """Who can pull because of an order, and since when."""

    account_id: UUID
    since: datetime
    is_buyer: bool


def holder_of(order: Order) -> Holder | None:
    """Return who can pull because of the order; None of a gift that nobody has claimed. One query."""
    gift = gift_of_order(order.pk)
    if gift is None:
        return Holder(order.buyer_id, order.paid_at or order.created_at, is_buyer=True)
    return Holder(gift.holder_id, gift.claimed_at, is_buyer=False) if gift.holder_id and gift.claimed_at else None


def counted_pulls(order: Order) -> QuerySet[PullCount]:
    """Return the counted pulls of what the order gave since its holder has them; they are counted by days, so on the whole first day."""
    found = holder_of(order)
    if found is None:
        return PullCount.objects.none()
    return pulls_of_holder(found.account_id, image_ids=image_ids_given_by(order), since=found.since)


def kept_proofs(order: Order) -> QuerySet[BuyerPull]:
    """Return what the registry told of each such pull, while it is kept."""
    found = holder_of(order)
    if found is None:
        return BuyerPull.objects.none()
    return proofs_of_holder(found.account_id, image_ids=image_ids_given_by(order), since=found.since)
