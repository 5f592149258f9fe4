"""What consumers of the event stream have counted, as the inbox sees it: an event that came by both ways counts once."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.conf import settings

from registry_auth.inbox.envelopes import EventAction, RegistryEvent
from registry_auth.inbox.locks import lock_stream_partitions
from registry_auth.inbox.marks import mark_of, unpack
from registry_auth.inbox.models import StreamMarks

REPEATED_WITHIN: Final = timedelta(minutes=10)  # the registry tells an event again within this


def not_streamed(events: Sequence[RegistryEvent]) -> list[RegistryEvent]:
    """Return the events without those pulls that consumers have counted; none counts another before the caller's transaction ends.

    Kafka may keep an event that it did not acknowledge in time, and which then went to the inbox. Pushes and deletions are recognised by
    their ids in PostgreSQL, whichever way they come.
    """
    pulls = {mark_of(event.id) for event in events if event.action is EventAction.PULL}
    if not pulls or settings.LAYERSTORE_EVENTS != "kafka":
        return list(events)
    topic = settings.LAYERSTORE_KAFKA_TOPIC
    lock_stream_partitions(topic=topic)
    counted = set[int]()
    for packed in StreamMarks.objects.filter(topic=topic).values_list("marks", flat=True).iterator(chunk_size=10):
        counted |= pulls.intersection(unpack(packed))
    return [event for event in events if event.action is not EventAction.PULL or mark_of(event.id) not in counted]
