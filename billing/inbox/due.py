"""Stripe's events that are due, taken by a sweep."""

from billing.inbox.models import StripeEvent
from billing.inbox.selectors import origin_of_event
from billing.inbox.services import handle_event
from billing.payments.backoffs import EVENTS
from billing.payments.due import run_due


def handle_due_events() -> int:
    """Handle the events whose task was lost or failed; return how many were tried."""
    rows = StripeEvent.objects.filter(handled_at__isnull=True).order_by("due_at")
    return run_due(rows, EVENTS, lambda event: handle_event(event_id=event.pk), origin_of_event)
