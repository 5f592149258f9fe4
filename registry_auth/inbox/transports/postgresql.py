"""Notifications through PostgreSQL: a row for each, until `registry_auth.inbox.drain` has applied its events."""

from collections.abc import Sequence

from msgspec import to_builtins

from registry_auth.inbox.envelopes import RegistryEvent
from registry_auth.inbox.models import RegistryEnvelope
from registry_auth.inbox.tasks import wake_drain


def accept_events(*, events: Sequence[RegistryEvent]) -> None:
    """Store a notification; when this returns it is durable. A drain is queued now if an event changes pages."""
    store_events(events=events)
    wake_drain(events)


def store_events(*, events: Sequence[RegistryEvent]) -> RegistryEnvelope:
    """Store a notification until its events have had their effect: one INSERT."""
    return RegistryEnvelope.objects.create(body=to_builtins(events), event_count=len(events))
