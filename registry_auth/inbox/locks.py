"""The only place where envelopes are locked. They come before all others, like every inbox."""

from datetime import datetime

from django.db.models import Q

from common.db.locking import require_atomic
from registry_auth.inbox.models import RegistryEnvelope


def is_free(now: datetime) -> Q:
    """Return the condition that no worker has claimed an envelope."""
    return Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)


def lock_due_envelopes(*, now: datetime, limit: int) -> list[RegistryEnvelope]:
    """Lock the oldest due envelopes that no other worker has locked, without loading their bodies."""
    require_atomic()
    due = RegistryEnvelope.objects.filter(is_free(now), drained_at__isnull=True).defer("body").order_by("pk")
    return list(due.select_for_update(of=("self",), skip_locked=True)[:limit])


def lock_envelope(*, envelope_id: int) -> RegistryEnvelope:
    """Lock one envelope."""
    require_atomic()
    return RegistryEnvelope.objects.select_for_update(of=("self",)).get(pk=envelope_id)
