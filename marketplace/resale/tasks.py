"""What the worker compares."""

from common.jobs import periodic
from marketplace.resale import services


@periodic(every=30, lane="batch", limit=120, again=services.has_unchecked_layers)
def check_layers() -> int:
    """Compare layers that were pushed. Returns how many pushes were flagged."""
    return services.check_layers()
