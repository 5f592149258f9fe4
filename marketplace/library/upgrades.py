"""To which other editions of what they have somebody can change, and for how much."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.http import urlencode

from accounts.people.models import Account
from common.money import Money
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.selectors import images_held
from marketplace.products.models import Product
from marketplace.products.selectors.editions import EditionOnSale, editions_of_products
from marketplace.products.selectors.offers import price_shown
from marketplace.products.selectors.pages import product_url, with_parts
from marketplace.shopwindow.upgrades import Sale, left_to_pay


@dataclass(frozen=True, slots=True)
class Upgrade:
    """Another edition, what is left to pay for it, and where it is bought."""

    name: str
    money: Money
    url: str


Divided = Mapping[Product, Sequence[EditionOnSale]]


def editions_of(product_ids: Iterable[UUID]) -> Divided:
    """Load the editions of products that have some. Four queries for any number; none for none."""
    ids = set(product_ids)
    return editions_of_products(list(with_parts(Product.objects.filter(pk__in=ids)))) if ids else {}


def upgrades_for(account: Account, divided: Divided, entitlements: Sequence[Entitlement]) -> dict[UUID, list[Upgrade]]:
    """Return what the account can change to for less than its price, by product. Four queries at most; none where nothing has editions."""
    here = {one.image_id for one in entitlements}
    found = {product: each for product, each in divided.items() if any(image.pk in here for one in each for image in one.images)}
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
        if sale.price.pk in left:
            url = f"{product_url(product)}?{urlencode({'edition': name})}"
            upgrades.setdefault(product.pk, []).append(Upgrade(name, left[sale.price.pk], url))
    return upgrades
