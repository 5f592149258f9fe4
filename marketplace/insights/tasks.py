"""What the worker counts."""

from common.jobs import periodic
from marketplace.insights import services


@periodic(every=300, lane="drawing", limit=120)
def add_up_pulls() -> int:
    """Add up the pulls by which products rank. Returns how many numbers changed."""
    return services.add_up_pulls()
