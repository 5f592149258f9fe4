"""What the worker does for this app. Each task may be lost, repeated or run twice at once."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from common.db.leases import lease_of_job
from marketplace.services.covers import draw_cover_of_image, draw_cover_of_product, draw_outdated_covers
from marketplace.services.empty_namespaces import end_empty_namespaces
from marketplace.services.products.descriptions import render_descriptions_anew
from marketplace.services.products.ranks import add_up_pulls
from marketplace.services.shown import repair_shown_tags

_DESCRIPTIONS_PER_RUN = 200


@shared_task(name="marketplace.render_descriptions")
def render_descriptions() -> int:
    """Render descriptions that an older renderer made; one worker at a time. Returns how many."""
    with lease_of_job("marketplace.render_descriptions") as held:
        return render_descriptions_anew(most=_DESCRIPTIONS_PER_RUN) if held else 0


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


@shared_task(name="marketplace.end_empty_namespaces")
def end_namespaces() -> int:
    """Let names of namespaces that stand empty be chosen again. Returns how many."""
    return end_empty_namespaces(now=timezone.now())


@shared_task(name="marketplace.add_up_pulls")
def rank_products() -> int:
    """Add up the pulls by which products rank; one worker at a time. Returns how many changed."""
    with lease_of_job("marketplace.add_up_pulls") as held:
        return add_up_pulls() if held else 0
