"""What can be had at this moment, and for how much."""

from marketplace.products.errors import ProductNotOnOffer
from marketplace.products.models import Price, Product


def current_price(product: Product) -> Price | None:
    """The price that the product has now, if it was ever given one."""
    return Price.objects.current().filter(product=product).first()


def on_offer(product: Product) -> Price | None:
    """Return the price at which the product can be had now: published, its seller not suspended, no image of it ended or taken down.

    Read under the product's lock, the answer holds until the transaction ends.
    """
    offered = Product.objects.published().filter(pk=product.pk).exists()
    stopped = product.images.filter(ended_at__isnull=False) | product.images.filter(taken_down_at__isnull=False)
    return current_price(product) if offered and not stopped.exists() else None


def obtainable_at(product: Product) -> Price | None:
    """Return the price at which somebody gets the product now: it is on offer, and free or sold by somebody who can be paid."""
    price = on_offer(product)
    return price if price is not None and (price.is_free or product.seller.can_be_paid) else None


def require_on_offer(product: Product) -> Price:
    """Return the price at which the product can be had now.

    Raises:
        ProductNotOnOffer: it cannot be had.
    """
    price = on_offer(product)
    if price is None:
        raise ProductNotOnOffer
    return price
