"""Counting the event stream: reads in large batches, adds up in a window, commits the window with its offsets to PostgreSQL.

Pushes and deletions are applied as they are read, each in a transaction of its own with its id (as the inbox does), so that one that is
read again after a fault has no second effect. Pulls wait for the end of the window.
"""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Final

import msgspec
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from django.conf import settings
from django.db import InterfaceError, OperationalError, connections
from django.utils import timezone

from common.errors import RetryLater
from common.ops.queue import queue_after_commit
from registry_auth.inbox import metrics
from registry_auth.inbox.drain import settle_fault
from registry_auth.inbox.effects import apply_events
from registry_auth.inbox.envelopes import RegistryEvent
from registry_auth.inbox.errors import StreamTrouble
from registry_auth.inbox.messages import Streamed, StreamedPull, change_of, decode
from registry_auth.inbox.transports import brokers
from registry_auth.inbox.transports.dead_letters import publish_dead_letters
from registry_auth.inbox.transports.ledger import Holding, commit_window, forget_old_marks, learn_applied, recall_marks, take_partitions
from registry_auth.inbox.transports.postgresql import store_events
from registry_auth.inbox.transports.recent import RecentMarks
from registry_auth.inbox.transports.window import Window
from registry_auth.upkeep.tasks import describe_manifests

logger = logging.getLogger(__name__)
BATCH: Final = 10_000
BATCH_SECONDS: Final = 0.25
BUSY_SECONDS: Final = 0.2
PATIENT_TRIES: Final = 3  # each waits for a lock for as long as locks are waited for
TIDY_SECONDS: Final = 5.0
LEARN_EVERY: Final = timedelta(minutes=1)
REST_SECONDS: Final = 1.0  # after a trouble
_mark: Final = attrgetter("mark")


class Reader:
    """One member of the group, from its beginning to its first trouble. All that it knows is in PostgreSQL, or is read again.

    Args:
        beat: called at least each half second while all is well.
    """

    def __init__(self, consumer: Consumer, *, beat: Callable[[], None]) -> None:
        self._consumer = consumer
        self._beat = beat
        self._topic = settings.LAYERSTORE_KAFKA_TOPIC
        self._holding: Holding | None = None
        self._next: dict[int, int] = {}
        self._recent = RecentMarks()
        self._known_at = timezone.now()
        self._window = Window()
        self._tidied = time.monotonic()

    def read_until(self, ended: Callable[[], bool]) -> None:
        """Read and count until told to end; commit what was read.

        Raises:
            StreamTrouble, OperationalError, InterfaceError: nothing of the window was committed; begin again with another reader.
        """
        self._consumer.subscribe([self._topic], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost)
        try:
            while not ended():
                self._read_once()
            self._commit()
        except BaseException:
            self._drop()  # leaving the group must commit nothing
            raise

    def _read_once(self) -> None:
        messages = self._consumer.consume(BATCH, BATCH_SECONDS)
        self._beat()
        self._take_in(messages)
        if self._window.is_due(caught_up=len(messages) < BATCH):
            self._commit()
        if time.monotonic() - self._tidied > TIDY_SECONDS:
            self._tidy()

    def _drop(self) -> None:
        self._holding, self._next, self._window = None, {}, Window()

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._begin(take_partitions(topic=self._topic, partitions=[each.partition for each in partitions]))
        consumer.assign([TopicPartition(self._topic, partition, offset) for partition, offset in self._next.items()])

    def _begin(self, holding: Holding) -> None:
        self._known_at = timezone.now()
        self._window, self._recent = Window(), recall_marks(holding)
        self._holding, self._next = holding, dict(holding.next_offsets)

    def _revoked(self, consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        self._commit()
        self._drop()
        consumer.unassign()

    def _lost(self, _consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        metrics.note_window(outcome="lost")
        self._drop()

    def _take_in(self, messages: Sequence[Message]) -> None:
        if any(map(Message.error, messages)):
            messages = self._without_errors(messages)
        for partition, run in groupby(messages, key=Message.partition):
            if partition in self._next:
                self._take_in_run(partition, list(run))

    def _without_errors(self, messages: Sequence[Message]) -> list[Message]:
        for message in messages:
            if message.error() is not None:
                logger.warning("Kafka: %s", message.error())
        return [message for message in messages if message.error() is None]

    def _take_in_run(self, partition: int, run: list[Message]) -> None:
        """Add messages of one partition that follow each other."""
        first, expected = run[0].offset() or 0, self._next[partition]
        if first > expected:
            metrics.note_missed(first - expected)
            logger.error("Kafka deleted events before they were read", extra={"partition": partition, "events": first - expected})
        values = [message.value() or b"" for message in run if (message.offset() or 0) >= expected]
        self._next[partition] = (run[-1].offset() or 0) + 1
        self._window.reach(partition, self._next[partition], messages=len(values), size=sum(map(len, values)))
        try:
            streamed = list(map(decode, values))
        except msgspec.MsgspecError:
            streamed = self._readable(values)
        pulls = [each for each in streamed if type(each) is StreamedPull]
        if len(pulls) < len(streamed):
            self._apply_changes([change_of(each) for each in streamed if not isinstance(each, StreamedPull)])
        self._count(partition, pulls)

    def _readable(self, values: Sequence[bytes]) -> list[Streamed]:
        found: list[Streamed] = []
        for value in values:
            try:
                found.append(decode(value))
            except msgspec.MsgspecError as error:
                self._window.unreadable.append((value, f"This is no message of ours: {error}"))
        return found

    def _count(self, partition: int, pulls: list[StreamedPull]) -> None:
        marks = list(map(_mark, pulls))
        if repeated := self._recent.add(marks):
            metrics.note_repeated(len(repeated))
            left_out = set(repeated)
            pulls = [pull for place, pull in enumerate(pulls) if place not in left_out]
            marks = [mark for place, mark in enumerate(marks) if place not in left_out]
        self._window.add(partition, pulls, marks)

    def _apply_changes(self, changes: Sequence[RegistryEvent]) -> None:
        """Apply pushes and deletions in their order. One that fails goes to the inbox, which tries it again, and stops no other."""
        for event in changes:
            if fault := self._apply(event):
                settle_fault(store_events(events=[event]), fault)
        queue_after_commit(describe_manifests)

    def _apply(self, event: RegistryEvent) -> Exception | None:
        """Apply a push or a deletion; where somebody else holds its rows, try for a moment, for the next one may build on it."""
        for _ in range(PATIENT_TRIES):
            self._beat()
            fault = apply_events([event])
            if not isinstance(fault, RetryLater):
                break
        return fault

    def _commit(self) -> None:
        if self._holding is None or not self._window.next_offsets:
            return
        while True:
            began = timezone.now()
            try:
                commit_window(holding=self._holding, window=self._window, begun_at=self._known_at)
            except RetryLater:
                metrics.note_window(outcome="busy")
                self._beat()
                time.sleep(BUSY_SECONDS)
            else:
                break
        self._after_commit(began)

    def _after_commit(self, began: datetime) -> None:
        """Tell Kafka how far we are, for who watches it, and begin a new window."""
        metrics.note_window(outcome="committed")
        metrics.note_unreadable(len(self._window.unreadable))
        for partition in self._window.next_offsets:
            metrics.note_committed(partition)
        offsets = [TopicPartition(self._topic, partition, offset) for partition, offset in self._window.next_offsets.items()]
        self._window, self._known_at = Window(), began
        try:
            self._consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as error:
            logger.info("offsets for monitoring were not committed: %s", error)

    def _tidy(self) -> None:
        self._tidied = time.monotonic()
        if not self._window.next_offsets and timezone.now() - self._known_at > LEARN_EVERY:
            began = timezone.now()
            learn_applied(self._recent, since=self._known_at)
            self._known_at = began
        for partition, offset in self._next.items():
            _, high = self._consumer.get_watermark_offsets(TopicPartition(self._topic, partition), cached=True)
            if 0 <= high < offset:
                logger.error("Kafka's topic is shorter than what was counted of it: it was made anew and needs a new name")
            lag = max(high - offset, 0)
            metrics.note_lag(partition=partition, events=lag)
            if partition not in self._window.next_offsets and not lag:
                metrics.note_committed(partition)
        forget_old_marks(topic=self._topic, partitions=list(self._next))
        publish_dead_letters()


def consume_stream(*, ended: Callable[[], bool], beat: Callable[[], None]) -> None:
    """Count the stream until told to end. After any trouble a new member begins from what is committed."""
    while not ended():
        consumer = brokers.consumer()
        try:
            Reader(consumer, beat=beat).read_until(ended)
        except (StreamTrouble, OperationalError, InterfaceError) as trouble:
            logger.warning("the event stream is read again from its last commit: %s: %s", type(trouble).__name__, trouble)
            metrics.note_window(outcome="again")
            connections.close_all()
            time.sleep(REST_SECONDS)
        finally:
            consumer.close()
