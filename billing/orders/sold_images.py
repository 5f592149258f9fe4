"""Images as they are when they are sold."""

from collections.abc import Sequence
from typing import Final

from billing.orders.models import Order, OrderImage
from marketplace.images.models import Image
from marketplace.images.selectors.tags import leading_tags, visible_tags

TAGS_KEPT: Final = 20  # of each image, beside the version it leads with: an order is shown in one page and one answer


def as_sold(order: Order, images: Sequence[Image]) -> list[OrderImage]:
    """Return what an order says of its images: rows that are not written yet."""
    leads = leading_tags([image.pk for image in images])
    sold = []
    for image in images:
        leading, tags = leads.get(image.pk), visible_tags().filter(image=image)
        row = OrderImage(order=order, image=image, repository=image.repository, tag_count=tags.count())
        row.digests = {tag.name: tag.manifest.digest for tag in tags[:TAGS_KEPT]}
        if leading is not None:
            row.featured_tag, row.digests[leading.name] = leading.name, leading.manifest.digest
        sold.append(row)
    return sold
