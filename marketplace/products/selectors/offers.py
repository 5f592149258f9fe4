"""Who sells a product, for how much, and whether it can be had at this moment."""

from django.db.models import Prefetch, QuerySet

from accounts.organisations.models import Membership
from accounts.people.models import User
from marketplace.products.errors import ProductNotOffered
from marketplace.products.models import Price, Product


def with_current_price(products: QuerySet[Product]) -> QuerySet[Product]:
    """Prefetch the prices for `current_price`: one more query for any number of products."""
    return products.prefetch_related(Prefetch("prices", Price.objects.current(), to_attr="current_prices"))


def current_price(product: Product) -> Price | None:
    """Return the price that the product has now, if it has one. No query if the product was read through `with_current_price`."""
    prices: list[Price] | None = getattr(product, "current_prices", None)
    if prices is None:
        return Price.objects.current().filter(product=product).first()
    return prices[0] if prices else None


def offered_price(product: Product) -> Price | None:
    """Return the price at which somebody gets the product now: it is offered, and free or sold by a seller who can be paid."""
    price = current_price(product)
    if price is None or not (price.is_free or product.seller.can_be_paid):
        return None
    return price if _is_offered(product) else None


def require_offered(product: Product) -> Price:
    """Return the current price of a product that is offered. Under the product's lock, this holds until the transaction ends.

    Whether the seller can be paid is checked by the sale, which has its own error for that.

    Raises:
        ProductNotOffered: it cannot be had, or has no price.
    """
    price = current_price(product)
    if price is None or not _is_offered(product):
        raise ProductNotOffered
    return price


def _is_offered(product: Product) -> bool:
    return Product.objects.offered().filter(pk=product.pk).exists()


def sells(user: User, product: Product) -> bool:
    """Whether the user acts for the product's seller: their own account, or an organisation that they belong to in any role."""
    return user.account.pk == product.seller_id or Membership.objects.filter(user=user, account=product.seller_id).exists()
