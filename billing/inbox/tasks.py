"""What the worker does with Stripe's events. Each may run any number of times; the sweep finds what a lost queue forgot."""

from django.utils import timezone

from billing.inbox import due, services, watch
from common.errors import RetryLater
from common.jobs import on_demand, periodic


@on_demand(lane="money", limit=120, throws=(RetryLater,))
def handle_stripe_event(event_id: str) -> None:
    """Handle one row of the inbox."""
    services.handle_event(event_id=event_id)


@periodic(every=15, lane="money", limit=180)
def handle_waiting_stripe_events() -> int:
    """Handle the events whose task was lost or failed. Returns how many were tried."""
    return due.handle_due_events()


@periodic(every=60, lane="default", limit=60)
def watch_stripe_events() -> bool:
    """Alarm staff while an event waits too long. Returns whether one does."""
    return watch.watch_inbox(now=timezone.now())
