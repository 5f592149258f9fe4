"""What the worker does for this app. Each task may be lost, repeated or run twice at once."""

from datetime import timedelta

from celery import shared_task

from common.leases import lease
from marketplace.services.products.descriptions import render_descriptions_anew

_LONGEST_RUN = timedelta(minutes=5)  # the time limit of any task
_DESCRIPTIONS_PER_RUN = 200


@shared_task(name="marketplace.render_descriptions")
def render_descriptions() -> int:
    """Render descriptions that an older renderer made; one worker at a time. Returns how many."""
    with lease("marketplace.render_descriptions", lasting=_LONGEST_RUN) as held:
        return render_descriptions_anew(most=_DESCRIPTIONS_PER_RUN) if held else 0
