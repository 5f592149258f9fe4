"""The state of the webhook inbox: what waits, since when, what was given up, and whose it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Min, Q

from billing.inbox.models import StripeEvent
from billing.orders.models import Order
from billing.subscriptions.models import Subscription

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


def origin_of_event(event: StripeEvent) -> UUID | str:
    """Return whose event it is: a connected account, or the buyer of what it is about. Those of nobody whom our rows name are all one's."""
    return event.account_id or _buyer_of(event.object_id) or ""


def _buyer_of(object_id: str) -> UUID | None:
    orders = Order.objects.order_by()
    named = (  # each by an index, and none of them asks Stripe, which may be away
        orders.filter(checkout_session_id=object_id),
        orders.filter(invoice_id=object_id),
        orders.filter(disputes=object_id),
        orders.filter(refunds__stripe_refund_id=object_id),
        orders.filter(ledger_transactions__stripe_source_id=object_id),
        Subscription.objects.order_by().filter(stripe_subscription_id=object_id),
    )
    found = (rows.values_list("buyer", flat=True)[:1] for rows in named)
    return next((buyer for rows in found for buyer in rows), None)
