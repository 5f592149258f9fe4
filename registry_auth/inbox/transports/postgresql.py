"""Notifications through PostgreSQL: a row for each, until `registry_auth.inbox.drain` has applied its events."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from django.db import connection
from django.utils import timezone
from msgspec import to_builtins

from common.db.joint_writes import JointWrites
from registry_auth.inbox.envelopes import RegistryEvent, encode_events
from registry_auth.inbox.models import RegistryEnvelope
from registry_auth.inbox.tasks import wake_drain

MOST_BYTES: Final = 8 * 1024 * 1024  # of notifications in one statement, unless one alone has more
WAIT_SECONDS: Final = 10.0  # for those that came before
_STORE = """
INSERT INTO registry_auth_registryenvelope (attempts, last_error, due_at, received_at, body, event_count)
SELECT 0, '', %s, %s, body::jsonb, event_count FROM unnest(%s::text[], %s::int[]) AS told (body, event_count)
"""


class _Told(NamedTuple):
    """A notification as it is stored."""

    body: str
    event_count: int


def accept_events(*, events: Sequence[RegistryEvent]) -> None:
    """Store a notification, together with those of other threads; when this returns it is durable.

    A drain is queued now if an event changes pages.

    Raises:
        DatabaseError: it was not stored.
        RetryLater: it was not stored in time, or may have been.
    """
    body = encode_events(events).decode()
    _joint.add(_Told(body, len(events)), weight=len(body))
    wake_drain(events)


def store_events(*, events: Sequence[RegistryEvent]) -> RegistryEnvelope:
    """Store events in the caller's transaction until they have had their effect."""
    return RegistryEnvelope.objects.create(body=to_builtins(events), event_count=len(events))


def _store(told: Sequence[_Told]) -> None:
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()  # Django looks at its connections only between requests that it handles itself
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [now, now, [each.body for each in told], [each.event_count for each in told]])


_joint: Final = JointWrites(_store, most=MOST_BYTES, seconds=WAIT_SECONDS)
