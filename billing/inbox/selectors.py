"""The state of the webhook inbox: what waits, since when, and what was given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min, Q

from billing.inbox.models import StripeEvent

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class InboxState:
    """What staff see above the list of events.

    Attributes:
        oldest: when the event that has waited longest came in; None if nothing waits.
        given_up: events that only staff can have handled, refused ones included.
        received, handled: in the last day.
    """

    waiting: int
    oldest: datetime | None
    given_up: int
    received: int
    handled: int

    def is_late(self, *, now: datetime) -> bool:
        """Whether an event waits longer than staff want to be left unaware of."""
        return self.oldest is not None and self.oldest <= now - timedelta(minutes=settings.LAYERSTORE_WEBHOOK_ALERT_MINUTES)


def inbox_state(*, now: datetime) -> InboxState:
    """Count the inbox: two statements, each by an index or over a day."""
    undone = StripeEvent.objects.filter(handled_at__isnull=True)
    found = undone.order_by().aggregate(
        waiting=Count("pk", filter=Q(given_up_at__isnull=True)),
        oldest=Min("received_at", filter=Q(given_up_at__isnull=True)),
        given_up=Count("pk", filter=Q(given_up_at__isnull=False)),
    )
    today = StripeEvent.objects.filter(received_at__gte=now - _A_DAY)
    lately = today.order_by().aggregate(received=Count("pk"), handled=Count("pk", filter=Q(handled_at__isnull=False)))
    return InboxState(**found, **lately)
