"""What a product still needs before it can be published: a check-list for its seller, and the rule itself."""

from dataclasses import dataclass
from enum import StrEnum

from marketplace.images.models import Image
from marketplace.products.models import Product
from marketplace.products.selectors.offers import current_price


class Step(StrEnum):
    """The steps in the order in which a seller takes them."""

    TITLE = "title"
    IMAGES = "images"
    PUSH = "push"
    PRICE = "price"
    STRIPE = "stripe"


@dataclass(frozen=True, slots=True)
class Missing:
    """A step that is not done, and what to do."""

    step: Step
    sentence: str


def missing_for_publication(product: Product) -> list[Missing]:
    """List what has to be done before the product can be published; nothing: it can."""
    price, images = current_price(product), list(product.images.all())
    missing = []
    if not product.title.strip():
        missing.append(Missing(Step.TITLE, "Give it a title."))
    if not images:
        missing.append(Missing(Step.IMAGES, "Put at least one of your images in."))
    missing += [
        Missing(Step.IMAGES, f"Leave {image.repository} out: it has been released or taken down.") for image in images if _gone(image)
    ]
    unpushed = [image.repository for image in images if not _gone(image) and image.shown_tag_id is None]
    if unpushed:
        missing.append(Missing(Step.PUSH, f"Push {' and '.join(unpushed)} with a tag."))
    if price is None:
        missing.append(Missing(Step.PRICE, "Set a price; 0 makes it free."))
    elif price.amount and not product.seller.can_be_paid:
        missing.append(Missing(Step.STRIPE, "Connect to Stripe, so that you can be paid."))
    return missing


def _gone(image: Image) -> bool:
    return image.ended_at is not None or image.taken_down_at is not None
