"""The only place where envelopes are locked. They come before all others, like every inbox."""

from datetime import datetime

from django.db.models import QuerySet

from common.db.locking import locked
from registry_auth.inbox.models import RegistryEnvelope


def due_envelopes(now: datetime) -> "QuerySet[RegistryEnvelope]":
    """Return the envelopes that a worker may claim now."""
    return RegistryEnvelope.objects.filter(due_at__lte=now, given_up_at__isnull=True, drained_at__isnull=True)


def lock_due_envelopes(*, now: datetime, limit: int) -> list[RegistryEnvelope]:
    """Lock the oldest due envelopes that no other worker has locked, without loading their bodies."""
    oldest = due_envelopes(now).defer("body").order_by("pk")
    return list(locked(oldest[:limit], skip_locked=True))


def lock_envelope(*, envelope_id: int) -> RegistryEnvelope:
    """Lock one envelope."""
    return locked(RegistryEnvelope.objects.filter(pk=envelope_id)).get()
