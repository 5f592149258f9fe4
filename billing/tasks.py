"""What the worker does for the sale. Each task may run any number of times; the sweeps find what a lost queue forgot."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from billing.errors import StripeRefused
from billing.services import connect, orders, refunds, staff_mail, waiting, webhooks
from common.db.leases import lease_of_job
from common.errors import RetryLater


@shared_task(name="billing.handle_stripe_event", ignore_result=True, throws=(RetryLater,))
def handle_stripe_event(event_id: str) -> None:
    """Handle one row of the inbox."""
    webhooks.handle_event(event_id=event_id)


@shared_task(name="billing.settle_order", throws=(RetryLater, StripeRefused))
def settle_order(order_id: str) -> None:
    """Ask Stripe about one pending order."""
    orders.settle_order(order_id=UUID(order_id))


@shared_task(name="billing.look_at_seller", throws=(RetryLater, StripeRefused))
def look_at_seller(seller_id: str) -> None:
    """Ask Stripe about one seller."""
    connect.look_at_seller(seller_id=UUID(seller_id))


@shared_task(name="billing.continue_refund", throws=(RetryLater,))
def continue_refund(refund_id: str) -> None:
    """Go on with one refund."""
    refunds.continue_refund(refund_id=UUID(refund_id))


@shared_task(name="billing.handle_waiting_stripe_events")
def handle_waiting_stripe_events() -> int:
    """Handle the events whose task was lost or failed. Returns how many were tried."""
    with lease_of_job("billing.handle_waiting_stripe_events") as held:
        return waiting.handle_waiting_events() if held else 0


@shared_task(name="billing.settle_pending_orders")
def settle_pending_orders() -> int:
    """Ask Stripe about the pending orders whose webhook has not come. Returns how many."""
    with lease_of_job("billing.settle_pending_orders") as held:
        return waiting.settle_waiting_orders() if held else 0


@shared_task(name="billing.close_stopped_checkouts")
def close_stopped_checkouts() -> int:
    """End the checkouts of what was stopped while somebody was paying. Returns how many were tried."""
    with lease_of_job("billing.close_stopped_checkouts") as held:
        return waiting.close_stopped_checkouts() if held else 0


@shared_task(name="billing.continue_waiting_refunds")
def continue_waiting_refunds() -> int:
    """Go on with the refunds that Stripe has not confirmed. Returns how many were tried."""
    with lease_of_job("billing.continue_waiting_refunds") as held:
        return waiting.continue_waiting_refunds() if held else 0


@shared_task(name="billing.remind_of_disputes")
def remind_of_disputes() -> int:
    """Remind staff of disputes whose deadline is near; any number of workers may run it at once. Returns how many."""
    return staff_mail.remind_of_disputes(now=timezone.now())
