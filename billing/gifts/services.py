"""A purchase for somebody else: noted with the order, and made a gift with a link by its payment."""

from collections.abc import Iterable
from dataclasses import dataclass

from billing.gifts.models import OrderGift
from billing.orders.models import Order
from marketplace.gifts.models import Gift
from marketplace.gifts.services.links import open_gift_of_order
from marketplace.images.models import Image


@dataclass(frozen=True, slots=True)
class GiftWish:
    """For whom an order is paid.

    Attributes:
        email: where the link goes, in lower case; empty for a link that the buyer passes on.
    """

    email: str = ""
    message: str = ""


def wish_of(order: Order) -> GiftWish | None:
    """Return for whom the order is paid; None if it is for the buyer."""
    found = OrderGift.objects.filter(order=order).first()
    return GiftWish(found.email, found.message) if found else None


def note_wish(order: Order, wish: GiftWish | None) -> None:
    """Write for whom a new order is, in the transaction that places it."""
    if wish is not None:
        OrderGift.objects.create(order=order, email=wish.email, message=wish.message)


def open_gift(order: Order, wish: GiftWish, images: Iterable[Image]) -> Gift:
    """Make the gift of a paid order, and mail its link to the recipient, or to the buyer who passes it on. Under the order's lock."""
    return open_gift_of_order(
        order_id=order.pk,
        giver=order.buyer,
        given_by=order.placed_by,
        product=order.product,
        title=order.product_title,
        images=images,
        email=wish.email,
        message=wish.message,
        otherwise=order.email,
    )
