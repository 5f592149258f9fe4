"""What a product needs before it can be published: the rule, and the check-list that its seller reads."""

from dataclasses import dataclass
from enum import StrEnum

from marketplace.products.models import Product
from marketplace.products.selectors.offers import current_price


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
    """

    requirement: Requirement
    repositories: tuple[str, ...] = ()


def missing_for_publication(product: Product) -> list[Missing]:
    """List the requirements that the product does not meet; an empty list means that it can be published."""
    price, images = current_price(product), list(product.images.all())
    unusable = tuple(image.repository for image in images if not image.is_usable)
    unpushed = tuple(image.repository for image in images if image.is_usable and image.leading_tag_id is None)
    unmet = {
        Requirement.TITLE: not product.title.strip(),
        Requirement.IMAGES: not images or bool(unusable),
        Requirement.PUSH: bool(unpushed),
        Requirement.PRICE: price is None,
        Requirement.STRIPE: price is not None and not price.is_free and not product.seller.can_be_paid,
    }
    named = {Requirement.IMAGES: unusable, Requirement.PUSH: unpushed}
    return [Missing(requirement, named.get(requirement, ())) for requirement in Requirement if unmet[requirement]]
