"""What the worker draws."""

from uuid import UUID

from common.jobs import on_demand, periodic
from marketplace.covers import services


@on_demand(lane="drawing", limit=60)
def draw_cover_of_image(image_id: str) -> int:
    """Draw the covers that show an image after a push. Returns how many."""
    return services.draw_cover_of_image(image_id=UUID(image_id))


@on_demand(lane="drawing", limit=60)
def draw_cover_of_product(product_id: str) -> int:
    """Draw the cover of a product whose images have changed. Returns how many."""
    return services.draw_cover_of_product(product_id=UUID(product_id))


@periodic(every=600, lane="batch", limit=300)
def draw_outdated_covers() -> int:
    """Draw every cover that is out of date. Returns how many."""
    return services.draw_outdated_covers()
