"""What a product needs before it can be published: the rule, and the check-list that its seller reads."""

from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings

from accounts.sellers.models import SellerProfile
from common.currencies import CURRENCIES
from marketplace.products.models import Price, Product
from marketplace.products.selectors.offers import current_prices


class Requirement(StrEnum):
    """What publication requires, in the order in which sellers usually do it."""

    TITLE = "title"
    IMAGES = "images"
    PUSH = "push"
    PRICE = "price"
    STRIPE = "stripe"


@dataclass(frozen=True, slots=True)
class Missing:
    """A requirement that is not met. `marketplace.products.requirements` says what to do about it.

    Attributes:
        repositories: the images that do not meet it, if it is about images.
        currencies: in capitals, those whose price cannot be charged, if it is about prices.
    """

    requirement: Requirement
    repositories: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()


def missing_for_publication(product: Product) -> list[Missing]:
    """List the requirements that the product does not meet; an empty list means that it can be published."""
    prices, images = current_prices(product), list(product.images.all())
    paid = [price for price in prices if not price.is_free]
    unusable = tuple(image.repository for image in images if not image.is_usable)
    unpushed = tuple(image.repository for image in images if image.is_usable and image.leading_tag_id is None)
    uncharged = tuple(price.currency.upper() for price in paid if not _is_charged(price, product.seller))
    unmet = {
        Requirement.TITLE: not product.title.strip(),
        Requirement.IMAGES: not images or bool(unusable),
        Requirement.PUSH: bool(unpushed),
        Requirement.PRICE: not prices or bool(uncharged),
        Requirement.STRIPE: bool(paid) and not product.seller.can_be_paid,
    }
    named = {Requirement.IMAGES: unusable, Requirement.PUSH: unpushed}
    currencies = {Requirement.PRICE: uncharged}
    return [
        Missing(requirement, named.get(requirement, ()), currencies.get(requirement, ()))
        for requirement in Requirement
        if unmet[requirement]
    ]


def _is_charged(price: Price, seller: SellerProfile) -> bool:
    """Whether Stripe would charge it for this seller; where the buyer may pay nothing, whether it would charge anything."""
    row = CURRENCIES.get(price.currency)
    enough = row is not None and (price.amount == 0 or price.amount >= row.smallest_charge)
    return enough and price.currency in settings.LAYERSTORE_CURRENCIES and seller.takes(price.currency)
