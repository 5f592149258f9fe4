"""To which other editions of what they have somebody can change, and for how much."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.http import urlencode

from accounts.people.models import Account
from common.money import Money
from marketplace.entitlements.selectors import images_held
from marketplace.products.models import Product
from marketplace.products.selectors.editions import EditionOnSale, editions_of_products
from marketplace.products.selectors.offers import price_shown
from marketplace.products.selectors.pages import product_url, with_parts
from marketplace.shopwindow.upgrades import Sale, left_to_pay


@dataclass(frozen=True, slots=True)
class Upgrade:
    """Another edition of a product, and what is left to pay for it."""

    product: Product
    name: str
    money: Money

    @property
    def title(self) -> str:
        """The same with the product's own name, where that is not said."""
        return f"{self.product.title}, {self.name}"

    @property
    def url(self) -> str:
        """Where it is bought."""
        return f"{product_url(self.product)}?{urlencode({'edition': self.name})}"


Divided = Mapping[Product, Sequence[EditionOnSale]]


def editions_of(product_ids: Iterable[UUID]) -> Divided:
    """Load the editions of products that have some. Four queries for any number; none for none."""
    ids = set(product_ids)
    return editions_of_products(list(with_parts(Product.objects.filter(pk__in=ids)))) if ids else {}


def upgrades_for(account: Account, divided: Divided, image_ids: Sequence[UUID]) -> dict[UUID, list[Upgrade]]:
    """Return what the account can change to for less than its price, by the first of these images that the product has.

    Four queries at most; none where nothing has editions.
    """
    found = {product: each for product, each in divided.items() if _first_in(each, image_ids)}
    if not found:
        return {}
    held = images_held(account.pk, [image.pk for each in found.values() for one in each for image in one.images])
    sales = {
        (product, one.edition.name): Sale(price, ids)
        for product, each in found.items()
        for one in each
        if (price := price_shown(product, one.edition)) and not (ids := frozenset(image.pk for image in one.images)) <= held
    }
    left = left_to_pay(account, list(sales.values()))
    upgrades: dict[UUID, list[Upgrade]] = {}
    for (product, name), sale in sales.items():
        first = _first_in(found[product], image_ids)
        if first and sale.price.pk in left:
            upgrades.setdefault(first, []).append(Upgrade(product, name, left[sale.price.pk]))
    return upgrades


def _first_in(editions: Sequence[EditionOnSale], image_ids: Sequence[UUID]) -> UUID | None:
    within = {image.pk for one in editions for image in one.images}
    return next((image_id for image_id in image_ids if image_id in within), None)
