"""What the worker draws."""

from uuid import UUID

from common.jobs import on_demand, periodic
from marketplace.covers import services
from marketplace.images.services.leading_tags import repair_leading_tags


@on_demand(lane="drawing", limit=60)
def draw_cover_of_image(image_id: str) -> int:
    """Draw what shows an image that something was pushed to. Returns how many covers."""
    return services.draw_cover_of_image(image_id=UUID(image_id))


@on_demand(lane="drawing", limit=60)
def draw_cover_of_product(product_id: str) -> int:
    """Draw the cover of a product that was put together anew. Returns how many covers."""
    return services.draw_cover_of_product(product_id=UUID(product_id))


@periodic(every=600, lane="drawing", limit=300, alone=True)
def draw_outdated_covers() -> int:
    """Draw every cover that does not show what is there. Returns how many."""
    repair_leading_tags()
    return services.draw_outdated_covers()
