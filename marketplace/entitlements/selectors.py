"""Who holds what."""

from collections.abc import Collection
from uuid import UUID

from marketplace.entitlements.models import Entitlement
from marketplace.products.models import Product


def holders_among(account_ids: Collection[UUID], product: Product) -> set[UUID]:
    """Return the accounts whose entitlements in force cover every image of the product. A product without images is held by nobody.

    Two queries for any number of accounts.
    """
    images = set(product.product_images.values_list("image_id", flat=True))
    held: dict[UUID, set[UUID]] = {}
    rows = Entitlement.objects.in_force().filter(holder__in=account_ids, image__in=images)
    for holder_id, image_id in rows.values_list("holder_id", "image_id"):
        held.setdefault(holder_id, set()).add(image_id)
    return {holder_id for holder_id, theirs in held.items() if theirs == images}
