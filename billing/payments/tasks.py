"""What the worker asks Stripe about orders and refunds. Each may run any number of times; the sweeps find what a lost queue forgot."""

from uuid import UUID

from celery import shared_task

from billing.payments import due, reconcile, refunding
from billing.stripe.errors import StripeRefused
from common.db.leases import lease_of_job
from common.errors import RetryLater


@shared_task(name="billing.settle_order", throws=(RetryLater, StripeRefused))
def settle_order(order_id: str) -> None:
    """Ask Stripe about one pending order."""
    reconcile.settle_order(order_id=UUID(order_id))


@shared_task(name="billing.continue_refund", throws=(RetryLater,))
def continue_refund(refund_id: str) -> None:
    """Go on with one refund."""
    refunding.continue_refund(refund_id=UUID(refund_id))


@shared_task(name="billing.settle_pending_orders")
def settle_pending_orders() -> int:
    """Ask Stripe about the pending orders whose webhook has not come. Returns how many."""
    with lease_of_job("billing.settle_pending_orders") as held:
        return due.settle_waiting_orders() if held else 0


@shared_task(name="billing.close_stopped_checkouts")
def close_stopped_checkouts() -> int:
    """End the checkouts of what was stopped while somebody was paying. Returns how many were tried."""
    with lease_of_job("billing.close_stopped_checkouts") as held:
        return due.close_stopped_checkouts() if held else 0


@shared_task(name="billing.continue_waiting_refunds")
def continue_waiting_refunds() -> int:
    """Go on with the refunds that Stripe has not confirmed. Returns how many were tried."""
    with lease_of_job("billing.continue_waiting_refunds") as held:
        return due.continue_waiting_refunds() if held else 0
