"""What a buyer has pulled of what an order sold, line by line."""

from collections.abc import Iterator
from typing import Final

from django.db.models import Sum

from billing.orders.models import Order
from billing.orders.selectors import image_ids_of_order
from marketplace.insights.models import BuyerPull, PullCount

LINES: Final = 100  # the first ones: what was used soon after the payment counts most
DAYS: Final = 60


def pull_lines(order: Order, *, hidden: str = "") -> Iterator[str]:
    """Yield what the buyer pulled since the payment: by day, and where it is still kept by time, address, client and digest.

    Args:
        hidden: stands in place of addresses, if they are not to be shown.
    """
    image_ids = image_ids_of_order(order.pk)
    since = (order.paid_at or order.created_at).date()
    days = PullCount.objects.filter(image__in=image_ids, buyer=order.buyer_id, day__gte=since)
    by_day = list(days.order_by("day").values_list("day").annotate(total=Sum("count"))[:DAYS])
    if not by_day:
        yield "The registry has counted no pull of these images by the buyer's account since the payment."
        return
    yield "Pulls (downloads) of these images by the buyer's account since the payment. Times are UTC."
    yield from (f"{day:%Y-%m-%d}: {total}" for day, total in by_day)
    found = BuyerPull.objects.filter(image__in=image_ids, buyer=order.buyer_id, day__gte=since)
    found = found.select_related("image").order_by("first_at", "id")[:LINES]
    if found:
        yield from ("", "first and last time | network address | client | image | digest | how often")
    for pull in found:
        times = f"{pull.first_at:%Y-%m-%d %H:%M:%S} to {pull.last_at:%H:%M:%S}"
        address = hidden or pull.address or "unknown"
        yield f"{times} | {address} | {pull.client or 'unknown'} | {pull.image.repository} | {pull.digest} | {pull.count}"
