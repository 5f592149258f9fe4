"""What the worker draws."""

from uuid import UUID

from celery import shared_task

from common.db.leases import lease_of_job
from marketplace.covers.services import draw_cover_of_image, draw_cover_of_product, draw_outdated_covers
from marketplace.images.services.featured_tags import repair_shown_tags


@shared_task(name="marketplace.draw_cover_of_image")
def draw_image(image_id: str) -> int:
    """Draw what shows an image that something was pushed to. Returns how many covers."""
    return draw_cover_of_image(image_id=UUID(image_id))


@shared_task(name="marketplace.draw_cover_of_product")
def draw_product(product_id: str) -> int:
    """Draw the cover of a product that was put together anew. Returns how many covers."""
    return draw_cover_of_product(product_id=UUID(product_id))


@shared_task(name="marketplace.draw_outdated_covers")
def draw_outdated() -> int:
    """Draw every cover that does not show what is there; one worker at a time. Returns how many."""
    with lease_of_job("marketplace.draw_outdated_covers") as held:
        if held:
            repair_shown_tags()
        return draw_outdated_covers() if held else 0
