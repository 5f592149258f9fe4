"""What the worker does with Stripe's events. Each may run any number of times; the sweep finds what a lost queue forgot."""

from celery import shared_task

from billing.inbox import due, services
from common.db.leases import lease_of_job
from common.errors import RetryLater


@shared_task(name="billing.handle_stripe_event", ignore_result=True, throws=(RetryLater,))
def handle_stripe_event(event_id: str) -> None:
    """Handle one row of the inbox."""
    services.handle_event(event_id=event_id)


@shared_task(name="billing.handle_waiting_stripe_events")
def handle_waiting_stripe_events() -> int:
    """Handle the events whose task was lost or failed. Returns how many were tried."""
    with lease_of_job("billing.handle_waiting_stripe_events") as held:
        return due.handle_waiting_events() if held else 0
