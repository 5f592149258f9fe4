"""What the worker does for products."""

from common.jobs import periodic
from marketplace.products.services import search_entries
from marketplace.products.services.descriptions import render_outdated_descriptions

_DESCRIPTIONS_PER_RUN = 200


@periodic(every=60, lane="batch", limit=300)
def render_descriptions() -> int:
    """Render descriptions that an older renderer made. Returns how many."""
    return render_outdated_descriptions(most=_DESCRIPTIONS_PER_RUN)


@periodic(every=60, lane="drawing", limit=120)
def refresh_search_entries() -> int:
    """Follow pushes, pulls and acts of staff in what the search reads. Returns how many products came or went."""
    return search_entries.refresh_search_entries()
