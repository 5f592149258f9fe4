"""Who sells a product, for how much, and whether it can be had at this moment."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from accounts.organisations.models import Membership
from accounts.people.models import User
from common.web.currencies import wanted_currencies
from marketplace.products.errors import PriceChanged, ProductNotOffered
from marketplace.products.models import Edition, Price, Product

EARLIER_SHOWN: Final = 20  # more are in the API


def with_current_prices(products: QuerySet[Product]) -> QuerySet[Product]:
    """Prefetch the prices for `current_prices`: one more query for any number of products."""
    return products.prefetch_related(Prefetch("prices", _in_order(Price.objects.current()), to_attr="read_prices"))


def current_prices(product: Product) -> list[Price]:
    """Return the prices that the product has now, one in each of its currencies, the leading one first; of editions, those of each in turn.

    No query if the product was read through `with_current_prices`.
    """
    read: list[Price] | None = getattr(product, "read_prices", None)
    return list(_in_order(Price.objects.current().filter(product=product))) if read is None else read


def earlier_prices(product: Product) -> list[Price]:
    """Return what the product cost before, the latest first: as many as a page shows."""
    retired = Price.objects.filter(product=product, retired_at__isnull=False).select_related("edition")
    return list(retired.order_by("-retired_at", "-leading", "currency")[:EARLIER_SHOWN])


def current_price(product: Product) -> Price | None:
    """Return the leading price, whoever asks: for what is the same for everybody, as programs, mails and the order of a search.

    Of editions it is the one from which on the product can be had.
    """
    prices = current_prices(product)
    return _least(prices, prices[0].currency) if prices else None


def price_shown(product: Product, edition: Edition | None = None) -> Price | None:
    """Return the price in the currency that the reader of this request is shown: the first of those they want, else the leading one.

    Whatever a page says of a price comes from here.

    Args:
        edition: which of the product's is meant; of all of them it is the one from which on the product can be had.
    """
    prices = [price for price in current_prices(product) if edition is None or price.edition_id == edition.pk]
    choices = [price for price in prices if product.seller.takes(price.currency)]
    taken = {price.currency for price in choices}
    wanted = next((code for code in wanted_currencies() if code in taken), None)
    return _least(choices, wanted) if wanted else _least(prices, prices[0].currency) if prices else None


def other_prices(product: Product, price: Price | None) -> list[Price]:
    """Return what the same costs in other currencies."""
    return [other for other in current_prices(product) if price and other != price and other.edition_id == price.edition_id]


def has_choice(product: Product) -> bool:
    """Whether the product is sold in several editions, so that what it costs begins somewhere. No query where `current_prices` has none."""
    return len({price.edition_id for price in current_prices(product)}) > 1


def offered_price(product: Product, edition: Edition | None = None) -> Price | None:
    """Return the price at which the reader gets the product now: it is offered, and free or sold by a seller who can be paid.

    Args:
        edition: as in `price_shown`.
    """
    price = price_shown(product, edition)
    if price is None or not (price.is_free or (product.seller.can_be_paid and product.seller.takes(price.currency))):
        return None
    return price if _is_offered(product) else None


def require_offered(product: Product, price_id: UUID | None = None) -> Price:
    """Return a current price of a product that is offered. Under the product's lock, this holds until the transaction ends.

    Whether the seller can be paid is checked by the sale, which has its own error for that.

    Args:
        price_id: the price that somebody was shown; the leading one by default.

    Raises:
        ProductNotOffered: it cannot be had, or has no price.
        PriceChanged: it has prices, but no longer this one.
    """
    prices = current_prices(product)
    if not prices or not _is_offered(product):
        raise ProductNotOffered
    found = next((price for price in prices if price_id in {None, price.pk}), None)
    if found is None:
        raise PriceChanged
    return found


def _in_order(prices: QuerySet[Price]) -> QuerySet[Price]:
    return prices.select_related("edition").order_by("edition__position", "edition__created_at", "edition_id", "-leading", "currency")


def _least(prices: Sequence[Price], currency: str) -> Price:
    return min((price for price in prices if price.currency == currency), key=lambda price: price.amount)


def _is_offered(product: Product) -> bool:
    return Product.objects.offered().filter(pk=product.pk).exists()


def sells(user: User, product: Product) -> bool:
    """Whether the user acts for the product's seller: their own account, or an organisation that they belong to in any role."""
    return user.account.pk == product.seller_id or Membership.objects.filter(user=user, account=product.seller_id).exists()
