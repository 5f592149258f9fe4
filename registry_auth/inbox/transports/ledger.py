"""How far the event stream is counted, in PostgreSQL: what a window counts, and the offsets that it covers, are one transaction.

So nothing is lost or counted twice, whoever is killed when: a consumer begins where the last commit ended, and knows the marks of the last
ten minutes. Who has lost a partition finds another holder's number in its row, and commits nothing.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Min
from django.utils import timezone

from common.db.claims import note_failure
from common.db.locking import locked_transaction
from common.errors import RetryLater
from common.ids import new_id
from marketplace.insights.services import Pull, count_pulls
from registry_auth.inbox.dead_letters import note_given_up
from registry_auth.inbox.drain import PATIENCE, settle_fault
from registry_auth.inbox.envelopes import EventAction, RegistryEvent
from registry_auth.inbox.errors import CountedByInbox, PartitionLost
from registry_auth.inbox.locks import lock_stream_partitions
from registry_auth.inbox.marks import mark_of, pack, unpack
from registry_auth.inbox.messages import as_entry
from registry_auth.inbox.metrics import note_events
from registry_auth.inbox.models import RegistryEnvelope, SeenRegistryEvent, StreamMarks
from registry_auth.inbox.pullers import note_pullers
from registry_auth.inbox.streamed import REPEATED_WITHIN
from registry_auth.inbox.transports.postgresql import store_events
from registry_auth.inbox.transports.recent import RecentMarks
from registry_auth.inbox.transports.window import Window

logger = logging.getLogger(__name__)
_SLACK: Final = timedelta(minutes=1)  # a row bears the time at which its transaction began

_TAKE = """
INSERT INTO registry_auth_streampartition AS held (topic, partition, next_offset, holder_number, committed_at)
SELECT %s, partition, 0, 1, clock_timestamp() FROM unnest(%s::int[]) AS partition ORDER BY partition
    ON CONFLICT (topic, partition) DO UPDATE SET holder_number = held.holder_number + 1
    RETURNING partition, next_offset, holder_number, committed_at
"""
_ADVANCE = """
UPDATE registry_auth_streampartition AS held SET next_offset = reached.next_offset, committed_at = clock_timestamp()
  FROM unnest(%s::int[], %s::bigint[]) AS reached (partition, next_offset) WHERE held.topic = %s AND held.partition = reached.partition
"""


@dataclass(frozen=True, slots=True)
class Holding:
    """Partitions that a consumer has taken.

    Attributes:
        next_offsets: where to begin, by partition.
        numbers: by which each row knows us.
        since: what the inbox applied before is of no concern.
    """

    topic: str
    next_offsets: Mapping[int, int]
    numbers: Mapping[int, int]
    since: datetime


def take_partitions(*, topic: str, partitions: Collection[int]) -> Holding:
    """Take partitions: whoever held them commits nothing more."""
    with locked_transaction(), connection.cursor() as cursor:
        cursor.execute(_TAKE, [topic, sorted(partitions)])
        rows = cursor.fetchall()
    return Holding(
        topic,
        {partition: offset for partition, offset, _, _ in rows},
        {partition: number for partition, _, number, _ in rows},
        min((committed_at for *_, committed_at in rows), default=timezone.now()) - REPEATED_WITHIN,
    )


def recall_marks(holding: Holding) -> RecentMarks:
    """Return the marks by which repetitions are known: what was counted of these partitions, and what the inbox applied."""
    recent = RecentMarks()
    rows = StreamMarks.objects.filter(topic=holding.topic, partition__in=holding.numbers).order_by("written_at")
    for packed in rows.values_list("marks", flat=True).iterator(chunk_size=10):
        recent.add(unpack(packed))
    recent.add(_applied_by_inbox(since=holding.since))
    return recent


def learn_applied(recent: RecentMarks, *, since: datetime) -> None:
    """Let a consumer that has nothing to read know what the inbox applies meanwhile, so that it has not all to read at once later."""
    recent.add(_applied_by_inbox(since=since - _SLACK))


def commit_window(*, holding: Holding, window: Window, begun_at: datetime) -> None:
    """Count what is in a window, and note how far its partitions are counted.

    Pulls that cannot be counted go to the inbox, which tries them again; what cannot be read goes there as given up.

    Args:
        begun_at: since then the inbox may have applied events that the consumer does not know of.

    Raises:
        PartitionLost: another consumer has taken a partition.
        CountedByInbox: the inbox has applied one of these events since.
        RetryLater: somebody else holds a row for too long; nothing was changed.
    """
    with locked_transaction():
        _require_held(holding, window.next_offsets)
        _require_new(window, since=begun_at - _SLACK)
        for pull, fault in _count(list(window.pulls())):
            settle_fault(_wait_in_inbox(pull), fault)
        for message, reason in window.unreadable:
            _give_up(message, reason)
        with connection.cursor() as cursor:
            cursor.execute(_ADVANCE, [list(window.next_offsets), list(window.next_offsets.values()), holding.topic])
        StreamMarks.objects.bulk_create(
            [StreamMarks(topic=holding.topic, partition=partition, marks=pack(marks)) for partition, marks in window.marks.items()]
        )
    note_events(action=EventAction.PULL, count=window.pull_count)


def forget_old_marks(*, topic: str, partitions: Collection[int]) -> None:
    """Delete the marks that can recognise nothing any more: older than ten minutes, and than anything that waits in the inbox."""
    waiting = RegistryEnvelope.objects.filter(drained_at__isnull=True, given_up_at__isnull=True).aggregate(first=Min("received_at"))[
        "first"
    ]
    before = min(waiting or timezone.now(), timezone.now()) - REPEATED_WITHIN
    StreamMarks.objects.filter(topic=topic, partition__in=partitions, written_at__lt=before).delete()


def _require_held(holding: Holding, partitions: Iterable[int]) -> None:
    wanted = set(partitions)
    rows = lock_stream_partitions(topic=holding.topic, partitions=wanted)
    lost = wanted - {row.partition for row in rows if row.holder_number == holding.numbers[row.partition]}
    if lost:
        raise PartitionLost(f"Another consumer has taken {sorted(lost)}.")


def _require_new(window: Window, *, since: datetime) -> None:
    applied = set(_applied_by_inbox(since=since))
    if applied and not all(applied.isdisjoint(marks) for marks in window.marks.values()):
        raise CountedByInbox("The inbox has applied an event that was read from Kafka as well.")


def _applied_by_inbox(*, since: datetime) -> list[int]:
    rows = SeenRegistryEvent.objects.filter(seen_at__gte=since).values_list("pk", flat=True)
    return [mark_of(event_id) for event_id in rows.iterator(chunk_size=10_000)]


def _count(pulls: Sequence[Pull]) -> list[tuple[Pull, Exception]]:
    """Count pulls in the caller's transaction. Where that fails, halve them until the failing ones are alone; return those."""
    try:
        with transaction.atomic():
            note_pullers(counted=count_pulls(pulls=pulls))
    except (OperationalError, InterfaceError, RetryLater):
        raise
    except Exception as error:
        if len(pulls) == 1:
            logger.exception("pulls of the stream failed", extra={"repository": pulls[0].repository, "times": pulls[0].times})
            return [(pulls[0], error)]
        half = len(pulls) // 2
        return _count(pulls[:half]) + _count(pulls[half:])
    return []


def _wait_in_inbox(pull: Pull) -> RegistryEnvelope:
    """Store pulls that could not be counted as events, each client once, so that the inbox counts what the stream would have."""
    clients = [*pull.clients] or [""]
    each_once = [1] * len(clients)
    each_once[0] += pull.times - len(clients)
    at = datetime.combine(pull.day, time(), UTC)
    return store_events(
        events=[
            RegistryEvent(
                id=f"window-{new_id()}",
                action=EventAction.PULL,
                at=at,
                repository=pull.repository,
                digest=pull.digest,
                tag=pull.tag,
                subject=pull.subject,
                client=client,
                times=times,
            )
            for client, times in zip(clients, each_once, strict=True)
        ]
    )


def _give_up(message: bytes, reason: str) -> None:
    envelope = RegistryEnvelope.objects.create(body=[as_entry(message)], attempts=1)
    note_failure(envelope, reason, backoff=PATIENCE, final=True)
    note_given_up(envelope)
    logger.error("message of the event stream cannot be read", extra={"envelope": envelope.pk, "why": reason})
