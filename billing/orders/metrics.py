"""What is counted of sales."""

from functools import partial

from django.db import transaction
from prometheus_client import Counter

from billing.orders.models import Order

_ORDERS = Counter("layerstore_orders_total", "Orders that came into a state; pending are those that were placed.", ["state"])


def note_order(*, state: Order.State) -> None:
    """Count an order that comes into a state, once the transaction has committed."""
    transaction.on_commit(partial(_ORDERS.labels(state.value).inc))
