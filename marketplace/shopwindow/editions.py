"""The editions of a product side by side: what each holds and costs, which is chosen, and which the reader has."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.http import urlencode

from accounts.people.models import User
from common.money import Money
from marketplace.entitlements.selectors import images_held
from marketplace.images.models import Image
from marketplace.products.models import Edition, Price
from marketplace.products.selectors.editions import editions_on_sale
from marketplace.products.selectors.offers import price_shown
from marketplace.shopwindow.listings import Listing
from marketplace.shopwindow.upgrades import Sale, left_to_pay, where_to_change


@dataclass(frozen=True, slots=True)
class Part:
    """An image of the product, and whether an edition holds it."""

    image: Image
    within: bool


@dataclass(frozen=True, slots=True)
class EditionCard:
    """An edition beside the others.

    Attributes:
        price: in the currency that the reader is shown.
        parts: every image that one of the editions holds, in the product's order.
        url: of the product's page with this edition chosen.
        chosen: the page's price and button are for it.
        has_it: the reader's own account has all of it for good.
        change_url: where they change a subscription to a smaller one to it, and see what that costs; else empty.
        left: what they pay for it themselves, where something that they have bought is credited; else None.
    """

    edition: Edition
    price: Price | None
    parts: Sequence[Part]
    url: str
    chosen: bool
    has_it: bool
    left: Money | None = None
    change_url: str = ""

    @property
    def images(self) -> list[Image]:
        """What it holds."""
        return [part.image for part in self.parts if part.within]


def edition_cards(listing: Listing, chosen: Edition | None, reader: User | None) -> list[EditionCard]:
    """Return the editions of a product in their order; none, and no query, for a product without. Ten queries at most for any number."""
    found = editions_on_sale(listing.product)
    prices = {one.edition.pk: price_shown(listing.product, one.edition) for one in found}
    within = {image for one in found for image in one.images}
    sold = [image for image in listing.images if image in within]
    held = images_held(reader.account.pk, [image.pk for image in sold]) if found and reader else set()
    sales = [
        Sale(price, frozenset(image.pk for image in one.images))
        for one in found
        if (price := prices[one.edition.pk]) and not {image.pk for image in one.images} <= held
    ]
    left = left_to_pay(reader.account, sales) if reader else {}
    change = where_to_change(reader.account, listing.product, [sale.price for sale in sales]) if reader else {}
    return [
        EditionCard(
            edition=one.edition,
            price=prices[one.edition.pk],
            parts=[Part(image, image in one.images) for image in sold],
            url=f"{listing.url}?{urlencode({'edition': one.edition.name})}",
            chosen=one.edition == chosen,
            has_it={image.pk for image in one.images} <= held,
            left=left.get(price.pk) if (price := prices[one.edition.pk]) else None,
            change_url=change.get(price.pk, "") if price else "",
        )
        for one in found
    ]
