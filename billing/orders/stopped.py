"""What was stopped while somebody was paying for it: the seller, the product, or an image in it."""

from collections.abc import Iterable

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_noop

from accounts.sellers.models import SellerProfile
from billing.orders.models import Order, OrderImage
from marketplace.images.models import Image
from marketplace.products.models import Product


def why_stopped(*, seller: SellerProfile, product: Product, images: Iterable[Image]) -> str:
    """Return why a payment that came too late for this is given back; empty if it is kept. While the rows are locked, it holds.

    It is a message of the catalogue, in English: it is stored with the refund, and the buyer reads it in their language.

    A seller who withdraws the product, or gives up a name, ends the offer and not what somebody has paid for: that is kept.
    """
    if seller.suspended_at is not None:
        return gettext_noop("Paid too late. Its seller had been suspended.")
    if product.state == Product.State.SUSPENDED:
        return gettext_noop("Paid too late. It had been taken off sale.")
    if any(image.taken_down_at is not None or image.freed_at is not None for image in images):
        return gettext_noop("Paid too late. An image in it had been taken down.")
    return ""


def orders_to_close() -> QuerySet[Order]:
    """Return the orders that can still be paid although what they buy is no longer for sale: the stop itself finds them."""
    visible = Product.objects.visible().filter(pk=OuterRef("product"))
    unsellable = OrderImage.objects.filter(image__in=Image.objects.unsellable(), order=OuterRef("pk"))
    stopped = ~Exists(visible) | Exists(unsellable) | ~Q(seller=F("product__seller"))  # or it was handed over: another one sells it now
    payable = Q(state=Order.State.PENDING) & (Q(checkout_session_id__isnull=True) | ~Q(checkout_url=""))
    return Order.objects.filter(payable, stopped)
