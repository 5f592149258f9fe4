"""The only place where envelopes are locked. They come before all others, like every inbox."""

from datetime import datetime

from django.db.models import QuerySet

from common.db.locking import require_atomic
from registry_auth.inbox.models import RegistryEnvelope


def due_envelopes(now: datetime) -> "QuerySet[RegistryEnvelope]":
    """Return the envelopes that a worker may claim now."""
    return RegistryEnvelope.objects.filter(due_at__lte=now, given_up_at__isnull=True, drained_at__isnull=True)


def lock_due_envelopes(*, now: datetime, limit: int) -> list[RegistryEnvelope]:
    """Lock the oldest due envelopes that no other worker has locked, without loading their bodies."""
    require_atomic()
    oldest = due_envelopes(now).defer("body").order_by("pk")
    return list(oldest.select_for_update(of=("self",), skip_locked=True)[:limit])


def lock_envelope(*, envelope_id: int) -> RegistryEnvelope:
    """Lock one envelope."""
    require_atomic()
    return RegistryEnvelope.objects.select_for_update(of=("self",)).get(pk=envelope_id)
