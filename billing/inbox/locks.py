"""The only place where Stripe's events are locked. First in the lock order."""

from billing.inbox.models import StripeEvent
from common.db.locking import locked


def lock_event(*, event_id: str) -> StripeEvent:
    """Lock the inbox row for this transaction: whoever applies the event holds it. First in the lock order."""
    return locked(StripeEvent.objects.filter(pk=event_id)).get()
