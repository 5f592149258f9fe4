"""One request at a time calls Stripe about an order, whatever the number of tabs and processes.

A request that comes meanwhile is told so, and its page checks again. What a page could not find out is left to a worker, once in a while.
"""

from uuid import UUID

from django.core.cache import cache

from billing.checkout.errors import CheckoutOpening
from billing.checkout.opening import open_checkout
from billing.orders.models import Order
from billing.payments.reconcile import observer_name, reconcile_order
from billing.stripe.errors import StripeAway, StripeRefused
from common.db.errors import LockTimeout
from common.db.exclusive import alone
from common.ops.queue import queue_after_commit
from common.web.links import absolute

_WORKER_EVERY_SECONDS = 15  # for one order


def try_reconcile_order(*, order_id: UUID) -> None:
    """Reconcile the order unless somebody else does so at this moment; what cannot be known now is left to a worker."""
    with alone(observer_name(order_id)) as first:
        if not first:
            return
        try:
            reconcile_order(order_id=order_id)
        except (StripeAway, LockTimeout):
            if cache.add(f"settle-order:{order_id}", 1, timeout=_WORKER_EVERY_SECONDS):
                queue_after_commit("billing.settle_order", str(order_id))
        except StripeRefused:
            return  # the sweep meets the same refusal, and flags the order


def open_checkout_exclusively(*, order: Order) -> str:
    """Return the address where the buyer goes on, as `open_checkout` does.

    Raises:
        CheckoutOpening: another request is opening it at this moment.
        StripeAway, StripeRefused: as `open_checkout` says.
    """
    with alone(observer_name(order.pk)) as first:
        if not first:
            raise CheckoutOpening
        return open_checkout(order=order)


def opening_url(order: Order) -> str:
    """Return the page that waits while another request opens the checkout, and then goes on to it."""
    return absolute("billing:checkout_return", order.pk, opening="yes")
