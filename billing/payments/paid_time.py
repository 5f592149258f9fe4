"""Until when each image of a subscription is paid. An upgrade is paid in the middle of a period, so not all of them end together."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from billing.orders.models import Order, OrderImage
from billing.orders.state import HOLDING_STATES
from billing.subscriptions.models import Subscription
from marketplace.products.models import EditionImage

_Row = tuple[UUID, datetime, str, UUID | None]  # image, end of its period, the order's state, its edition
ENTITLING = HOLDING_STATES | {Order.State.DISPUTED}


@dataclass(frozen=True, slots=True)
class PaidTime:
    """What the orders of a subscription have paid for.

    Attributes:
        until: the end of the last period whose money we have; None without one.
        ends: of each image that was ever sold, when its last paid period ends; None where its money is gone.
        renewed: what the next period sells of them.
    """

    until: datetime | None
    ends: Mapping[UUID, datetime | None]
    renewed: Collection[UUID]


def paid_time(subscription: Subscription) -> PaidTime:
    """Return what the orders have paid for. Three queries at most.

    The rule: in each period an image is paid by the first of the period's orders that sold it. An upgrade pays the difference alone, so
    the images of the smaller edition end in it, too, if the money for that one goes back; what it has added stays.
    """
    rows = OrderImage.objects.filter(order__subscription=subscription, order__period_end__isnull=False)
    in_order = rows.order_by("order__period_end", "order__period_start", "order__created_at")
    columns = ("image_id", "order__period_end", "order__state", "order__price__edition_id")
    sold: list[_Row] = [(image, end, state, edition) for image, end, state, edition in in_order.values_list(*columns) if end]
    paid_by: dict[tuple[UUID, datetime], str] = {}
    for image_id, ends_at, state, _ in sold:
        paid_by.setdefault((image_id, ends_at), state)
    ends: dict[UUID, datetime | None] = {image_id: None for image_id, *_ in sold}
    ends |= {image_id: ends_at for (image_id, ends_at), state in paid_by.items() if state in ENTITLING}
    return PaidTime(until=_last_paid(subscription), ends=ends, renewed=_renewed(subscription, sold))


def _last_paid(subscription: Subscription) -> datetime | None:
    return (
        subscription.orders.filter(state__in=ENTITLING, period_end__isnull=False)
        .order_by("-period_end")
        .values_list("period_end", flat=True)
        .first()
    )


def _renewed(subscription: Subscription, sold: Collection[_Row]) -> set[UUID]:
    """Return the images of the edition that the next period is for: as it was sold last, or as it is."""
    edition_id = subscription.price.edition_id
    last = max((ends_at for _, ends_at, _, edition in sold if edition == edition_id), default=None)
    if last is None and edition_id is not None:
        return set(EditionImage.objects.filter(edition=edition_id).values_list("image_id", flat=True))
    return {image_id for image_id, ends_at, _, edition in sold if (edition, ends_at) == (edition_id, last)}
