"""What waits: rows that a sweep takes up, each at its own time, whatever became of the worker that had it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import models
from django.utils import timezone

from billing.models import Order, Refund, StripeEvent
from common.locking import locked_transaction

_BATCH = 100
_FIRST, _LONGEST = timedelta(seconds=15), timedelta(hours=1)


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: 15 s, doubled each time, an hour at most."""
    doublings = min(max(attempts - 1, 0), 10)
    return min(_FIRST * (1 << doublings), _LONGEST)


def take_waiting_events() -> list[str]:
    """Return the inbox rows whose time has come, and put off their next turn; two sweeps never return the same."""
    waiting = StripeEvent.objects.filter(handled_at__isnull=True)
    return _take(waiting, "retry_at", lambda event: backoff(event.attempts + 1), str)


def take_waiting_refunds() -> list[UUID]:
    """Return the refunds whose time has come, and put off their next turn; two sweeps never return the same."""
    waiting = Refund.objects.filter(state=Refund.State.WAITING)
    return _take(waiting, "retry_at", lambda refund: backoff(refund.attempts + 1), UUID)


def take_pending_orders() -> list[UUID]:
    """Return the pending orders to ask Stripe about, and put off their next turn; what staff look at is left alone."""
    waiting = Order.objects.filter(state=Order.State.PENDING, flagged_at__isnull=True)
    return _take(waiting, "settle_after", lambda _: _FIRST * 4, UUID)


def _take(waiting: "models.QuerySet[Any]", due_field: str, pause: Callable[[Any], timedelta], kind: Callable[[str], Any]) -> list[Any]:
    now = timezone.now()
    with locked_transaction():
        due = waiting.filter(**{f"{due_field}__lte": now}).order_by(due_field)
        # Another worker's row is skipped, not waited for.
        rows = list(due.select_for_update(of=("self",), skip_locked=True)[:_BATCH])
        for row in rows:
            setattr(row, due_field, now + pause(row))
            row.save(update_fields=[due_field])
    return [kind(str(row.pk)) for row in rows]
