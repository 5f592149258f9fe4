"""Whether Stripe's events are handled in time; if not, staff are alarmed as about anything else that is away."""

from datetime import datetime
from typing import Final

from billing.inbox.selectors import inbox_state
from common.db.outages import begin_outage, end_outage

DEPENDENCY: Final = "Stripe webhooks"


def watch_inbox(*, now: datetime) -> bool:
    """Begin or end the alarm about events that wait too long; return whether they do."""
    state = inbox_state(now=now)
    if state.oldest is None or not state.is_late(now=now):
        end_outage(DEPENDENCY)
        return False
    begin_outage(DEPENDENCY, reason=f"{state.waiting} events wait, the oldest since {state.oldest:%Y-%m-%d %H:%M} UTC.")
    return True
