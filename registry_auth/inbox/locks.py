"""The only place where envelopes and the stream's partitions are locked. They come before all others, like every inbox."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import QuerySet

from common.db.locking import locked
from registry_auth.inbox.models import RegistryEnvelope, StreamPartition


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


def lock_stream_partitions(*, topic: str, partitions: Collection[int] | None = None) -> list[StreamPartition]:
    """Lock partitions, all of the topic's unless some are named. Who counts pulls of the stream, or of the inbox beside it, holds these."""
    rows = StreamPartition.objects.filter(topic=topic).order_by("pk")
    return list(locked(rows if partitions is None else rows.filter(partition__in=partitions)))
