"""Which way notifications take: what `LAYERSTORE_EVENTS` says."""

from collections.abc import Sequence

from django.conf import settings

from registry_auth.inbox.envelopes import RegistryEvent
from registry_auth.inbox.transports import postgresql


def accept_events(*, events: Sequence[RegistryEvent]) -> None:
    """Take events so that none is lost; when this returns they are durable."""
    if settings.LAYERSTORE_EVENTS == "kafka":
        from registry_auth.inbox.transports import kafka  # noqa: PLC0415  its client is not installed where nobody switched it on

        kafka.accept_events(events=events)
    else:
        postgresql.accept_events(events=events)
