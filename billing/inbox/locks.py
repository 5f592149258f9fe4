"""The only place where Stripe's events are locked. First in the lock order."""

from billing.inbox.models import StripeEvent
from common.db.locking import require_atomic


def lock_event(*, event_id: str) -> StripeEvent:
    """Lock the inbox row for this transaction: whoever applies the event holds it. First in the lock order."""
    require_atomic()
    return StripeEvent.objects.select_for_update(of=("self",)).get(pk=event_id)
