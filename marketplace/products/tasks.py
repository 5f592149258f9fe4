"""What the worker does for products."""

from celery import shared_task

from common.db.leases import lease_of_job
from marketplace.products.services.descriptions import render_descriptions_anew

_DESCRIPTIONS_PER_RUN = 200


@shared_task(name="marketplace.render_descriptions")
def render_descriptions() -> int:
    """Render descriptions that an older renderer made; one worker at a time. Returns how many."""
    with lease_of_job("marketplace.render_descriptions") as held:
        return render_descriptions_anew(most=_DESCRIPTIONS_PER_RUN) if held else 0
