"""Notifications through Kafka: answered once its brokers have acknowledged each event, and through the inbox while they do not."""

import logging
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message
from django.conf import settings
from django.db import DatabaseError, connection

from common.db.outages import begin_outage, end_outage
from common.ops.circuit_breaker import CircuitBreaker
from registry_auth.inbox.envelopes import RegistryEvent
from registry_auth.inbox.errors import StreamAway
from registry_auth.inbox.messages import encode
from registry_auth.inbox.metrics import note_streamed
from registry_auth.inbox.transports import postgresql
from registry_auth.inbox.transports.brokers import ACKNOWLEDGED_SECONDS, producer

logger = logging.getLogger(__name__)
DEPENDENCY: Final = "kafka"


class _AwayAMomentAgo(StreamAway):
    """Kafka did not answer a few seconds ago, and is not asked again yet."""


KAFKA: Final = CircuitBreaker("Kafka", timeouts=(StreamAway,), refusal=lambda: _AwayAMomentAgo("Kafka was away a moment ago."))


def accept_events(*, events: Sequence[RegistryEvent]) -> None:
    """Send events, each to the partition of its repository; when this returns they are durable.

    Where the brokers do not acknowledge all of them within two seconds, the whole notification goes to PostgreSQL. What Kafka has kept of
    it nevertheless counts once: both sides know an event again.
    """
    try:
        with KAFKA.call(str(settings.LAYERSTORE_KAFKA["bootstrap.servers"]), lost="no event goes through the stream"):
            _send(events)
    except StreamAway as away:
        if not isinstance(away, _AwayAMomentAgo):
            _outage.note_away(str(away))
        note_streamed(way="inbox", count=len(events))
        postgresql.accept_events(events=events)
    else:
        _outage.note_back()
        note_streamed(way="kafka", count=len(events))


def _send(events: Sequence[RegistryEvent]) -> None:
    receipt, sender = _Receipt(len(events)), producer()
    topic = settings.LAYERSTORE_KAFKA_TOPIC
    try:
        for event in events:
            sender.produce(topic, encode(event), event.repository.encode(), on_delivery=receipt.note)
    except (BufferError, KafkaException) as error:  # its memory is full of what Kafka did not take
        raise StreamAway(str(error)) from error
    receipt.wait()


class _Receipt:
    """What the brokers say of the events of one notification. One thread writes it, one waits."""

    def __init__(self, count: int) -> None:
        self._missing = count
        self._error: KafkaError | None = None
        self._complete = threading.Event()

    def note(self, error: KafkaError | None, _message: Message) -> None:
        self._error = error or self._error
        self._missing -= 1
        if self._missing == 0:
            self._complete.set()

    def wait(self) -> None:
        """Return when all are acknowledged.

        Raises:
            StreamAway: one is not, within the time.
        """
        complete = self._complete.wait(ACKNOWLEDGED_SECONDS + 0.5)  # the producer's own limit comes first
        if not complete or self._error is not None:
            raise StreamAway(str(self._error or "no answer"))


class _Outage:
    """Tells staff once that Kafka is away, and once that it is back; what other processes noted may be over as well."""

    def __init__(self) -> None:
        self._may_be_noted = True

    def note_away(self, reason: str) -> None:
        self._may_be_noted = True
        _look_at_connection()
        begin_outage(DEPENDENCY, reason=reason)

    def note_back(self) -> None:
        if not self._may_be_noted:
            return
        _look_at_connection()
        with suppress(DatabaseError):  # Kafka has the events, whatever PostgreSQL does; the next notification notes it
            end_outage(DEPENDENCY)
            self._may_be_noted = False


def _look_at_connection() -> None:
    """Let go of a connection that is dead: Django looks at them only between requests that it handles itself."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


_outage = _Outage()
