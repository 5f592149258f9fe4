"""What the worker counts of orders."""

from billing.orders import services
from common.jobs import periodic


@periodic(every=900, lane="batch", limit=120)
def add_up_sales() -> int:
    """Tell the search how often each product was sold. Returns how many numbers changed."""
    return services.add_up_sales()
