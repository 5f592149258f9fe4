"""What the worker gives to earlier buyers."""

from common.jobs import periodic
from marketplace.growth import services


@periodic(every=60, lane="batch", limit=240)
def grow_products() -> int:
    """Give images that were added to products to those who have bought them before. Returns to how many."""
    return services.grow_products()
