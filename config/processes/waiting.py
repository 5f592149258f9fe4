"""What waits in the shop, read when Prometheus asks: rows that are due, tasks in the lanes, outages, and when the signing key ends."""

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count, Min, QuerySet
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from billing.inbox.models import StripeEvent
from billing.reconciliation.models import Difference
from billing.refunds.models import Refund
from common.db.outages import outages
from common.ops.last_runs import due_since
from common.ops.redis import redis_client
from config.celery import all_jobs
from config.jobs import LANES
from marketplace.images.models import Manifest
from outbox.mail.models import OutgoingMail
from registry_auth.inbox.models import RegistryEnvelope
from registry_auth.keys.index import read_index
from registry_auth.upkeep.holds import last_successes
from registry_auth.upkeep.models import RegistryHold

logger = logging.getLogger(__name__)
CACHE_SECONDS: Final = 10.0  # several scrapers ask the database once
MOST: Final = 10_000  # rows that are counted of a kind: more is more than enough for an alarm
Waiting = tuple["QuerySet[Any]", str]


def waiting_rows() -> dict[str, Waiting]:
    """Return what waits, by kind: rows that an index of their table holds, and the field that says since when."""
    return {
        "mail": (OutgoingMail.objects.filter(sent_at__isnull=True, given_up_at__isnull=True), "created_at"),
        "stripe_event": (StripeEvent.objects.filter(handled_at__isnull=True, given_up_at__isnull=True), "received_at"),
        "difference": (Difference.objects.filter(ended_at__isnull=True), "found_at"),
        "refund": (Refund.objects.filter(state=Refund.State.WAITING, given_up_at__isnull=True), "created_at"),
        "registry_envelope": (RegistryEnvelope.objects.filter(drained_at__isnull=True, given_up_at__isnull=True), "received_at"),
        "manifest": (Manifest.objects.filter(described_at__isnull=True, given_up_at__isnull=True), "pushed_at"),
    }


class WaitingCollector(Collector):
    """Gauges of what waits. Without the database or Redis theirs are missing, which alerts take as a sign of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0
        self._metrics: list[Metric] = []

    def describe(self) -> Iterable[Metric]:
        """Return nothing: the registry must not ask the database when it is made."""
        return []

    def collect(self) -> Iterable[Metric]:
        with self._lock:
            if time.monotonic() > self._until:
                self._metrics = [*_of_database(), *_of_lanes(), *_of_keys(), *_of_schedule()]
                self._until = time.monotonic() + CACHE_SECONDS
            return self._metrics


def _of_database() -> Iterator[Metric]:
    rows = GaugeMetricFamily("layerstore_waiting_rows", f"Rows that wait to be worked on, up to {MOST}.", labels=["kind"])
    oldest = GaugeMetricFamily("layerstore_waiting_oldest_seconds", "Age of the oldest row that waits.", labels=["kind"])
    away = GaugeMetricFamily("layerstore_outage", "1 while rows of several origins fail alike.", labels=["dependency"])
    try:
        for kind, (waiting, since) in waiting_rows().items():
            count, first = _count(waiting, since)
            rows.add_metric([kind], count)
            oldest.add_metric([kind], (timezone.now() - first).total_seconds() if first else 0)
        for outage in outages():
            away.add_metric([outage.dependency], 1)
        holds = _of_holds()
    except DatabaseError as error:
        connection.close()
        logger.warning("metrics without what waits: %s", type(error).__name__)
        return
    yield from (rows, oldest, away, *holds)


def _of_holds() -> list[Metric]:
    succeeded = GaugeMetricFamily(
        "layerstore_registry_hold_last_success_timestamp_seconds", "When a backup or a garbage collection last ended well.", labels=["kind"]
    )
    # A shop that was never backed up counts from its first migration: an alert is silent about what is missing.
    began = {RegistryHold.Kind.BACKUP.value: MigrationRecorder.Migration.objects.earliest("applied").applied}
    freed = GaugeMetricFamily("layerstore_collection_freed_bytes", "Bytes that the last garbage collection took from the registry.")
    blobs = GaugeMetricFamily("layerstore_collection_removed_blobs", "Blobs that the last garbage collection took from the registry.")
    for hold in last_successes():
        began[hold.kind] = hold.began_at
        if hold.kind == RegistryHold.Kind.COLLECTION:
            freed.add_metric([], hold.freed)
            blobs.add_metric([], hold.removed_blobs)
    for kind, at in began.items():
        succeeded.add_metric([kind], at.timestamp())
    return [succeeded, freed, blobs]


def _count(waiting: "QuerySet[Any]", since: str) -> tuple[int, datetime | None]:
    result = waiting.order_by().values(since)[:MOST].aggregate(count=Count("*"), first=Min(since))
    return result["count"], result["first"]


def _of_lanes() -> Iterator[Metric]:
    queued = GaugeMetricFamily("layerstore_queue_tasks", "Tasks that wait in a lane.", labels=["lane"])
    try:
        for lane in LANES:
            queued.add_metric([lane], int(redis_client().llen(lane)))
    except RedisError as error:
        logger.warning("metrics without the lanes: %s", type(error).__name__)
        return
    yield queued


def _of_keys() -> Iterator[Metric]:
    try:
        active = read_index(settings.LAYERSTORE_KEYS_DIR).active
    except FileNotFoundError:  # none was made yet
        return
    if active is not None:
        yield GaugeMetricFamily(
            "layerstore_signing_key_expiry_timestamp_seconds", "When the active signing key ends.", value=active.not_after.timestamp()
        )


def _of_schedule() -> Iterator[Metric]:
    every = GaugeMetricFamily("layerstore_task_interval_seconds", "How often a periodic task is due.", labels=["task"])
    since = GaugeMetricFamily(
        "layerstore_task_due_since_timestamp_seconds",
        "When a periodic task last ended well; before that, when it should have.",
        labels=["task"],
    )
    periods = {name: job.every for name, job in all_jobs().items() if job.every is not None}
    for name, seconds in periods.items():
        every.add_metric([name], seconds)
    yield every
    try:
        for name, began in due_since(periods).items():
            since.add_metric([name], began)
    except RedisError as error:
        logger.warning("metrics without when tasks ended: %s", type(error).__name__)
        return
    yield since
