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
    """A requirement that is not met, with a sentence that says what to do."""

    requirement: Requirement
    sentence: str


def missing_for_publication(product: Product) -> list[Missing]:
    """List the requirements that the product does not meet; an empty list means that it can be published."""
    price, images = current_price(product), list(product.images.all())
    missing = []
    if not product.title.strip():
        missing.append(Missing(Requirement.TITLE, "Give it a title."))
    if not images:
        missing.append(Missing(Requirement.IMAGES, "Add at least one of your images."))
    unusable = [image.repository for image in images if not image.is_usable]
    missing += [Missing(Requirement.IMAGES, f"Remove {repository}: it has been released or taken down.") for repository in unusable]
    unpushed = [image.repository for image in images if image.is_usable and image.leading_tag_id is None]
    if unpushed:
        missing.append(Missing(Requirement.PUSH, f"Push {' and '.join(unpushed)} with a tag."))
    if price is None:
        missing.append(Missing(Requirement.PRICE, "Set a price; 0 makes it free."))
    elif price.amount and not product.seller.can_be_paid:
        missing.append(Missing(Requirement.STRIPE, "Connect to Stripe, so that you can be paid."))
    return missing
