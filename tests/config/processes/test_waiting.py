import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from pytest_django import Settings
from redis.exceptions import ConnectionError as RedisUnreachable

from common.db.outages import begin_outage
from common.ops import last_runs
from common.ops.last_runs import note_run
from common.ops.redis import redis_client, redis_key
from config.jobs import LANES
from config.processes import waiting
from config.processes.waiting import WaitingCollector, waiting_rows
from outbox.mail.models import OutgoingMail
from registry_auth.keys.store import KeyStore
from registry_auth.upkeep.holds import begin_hold, end_hold
from registry_auth.upkeep.models import RegistryHold

pytestmark = pytest.mark.django_db


def samples(name: str, collector: WaitingCollector | None = None) -> dict[tuple[str, ...], float]:
    return {
        tuple(sample.labels.values()): sample.value
        for family in (collector or WaitingCollector()).collect()
        if family.name == name
        for sample in family.samples
    }


def mail(number: int, **values: object) -> None:
    OutgoingMail.objects.create(key=f"key-{number}", to="a@example.com", subject="s", **values)


def test_what_waits_is_counted_with_its_age():
    now = timezone.now()
    mail(1, created_at=now - timedelta(minutes=10))
    mail(2)
    mail(3, created_at=now - timedelta(days=1), sent_at=now)
    mail(4, created_at=now - timedelta(days=1), given_up_at=now)

    assert samples("layerstore_waiting_rows") == dict.fromkeys([(kind,) for kind in waiting_rows()], 0) | {("mail",): 2}
    ages = samples("layerstore_waiting_oldest_seconds")
    assert 600 <= ages["mail",] < 900
    assert ages["refund",] == 0


def test_a_kind_of_which_there_are_very_many_costs_no_more(monkeypatch):
    monkeypatch.setattr(waiting, "MOST", 2)
    for number in range(4):
        mail(number)

    assert samples("layerstore_waiting_rows")["mail",] == 2


def test_each_kind_is_read_from_an_index_of_what_waits():
    for rows, _ in waiting_rows().values():
        conditions = [index.condition for index in rows.model._meta.indexes if index.condition]
        assert any(set(dict(condition.children)) == {name for name, _ in _filters(rows)} for condition in conditions), rows.model


def _filters(rows):
    for lookup in rows.query.where.children:
        name = lookup.lhs.target.name
        yield (f"{name}__isnull" if lookup.lookup_name == "isnull" else name), lookup.rhs


def test_outages_lanes_keys_and_the_schedule_are_shown(settings: Settings, tmp_path: Path):
    settings.LAYERSTORE_KEYS_DIR = tmp_path / "keys"
    KeyStore(settings.LAYERSTORE_KEYS_DIR).init(now=timezone.now())
    begin_outage("stripe", reason="answers 500")
    redis_client().delete(*LANES)  # a test with workers of its own may have left something queued
    redis_client().rpush("money", "one", "two")
    try:
        assert samples("layerstore_outage") == {("stripe",): 1}
        assert samples("layerstore_queue_tasks") == dict.fromkeys([(lane,) for lane in LANES], 0) | {("money",): 2}
        assert samples("layerstore_task_interval_seconds")["outbox.send_due_mail",] == 10
        assert samples("layerstore_signing_key_expiry_timestamp_seconds")[()] > timezone.now().timestamp()
    finally:
        redis_client().delete("money")


def test_many_scrapes_ask_once(django_assert_num_queries):
    collector = WaitingCollector()
    samples("layerstore_waiting_rows", collector)

    with django_assert_num_queries(0):
        samples("layerstore_waiting_rows", collector)


def test_without_the_database_or_redis_their_gauges_are_missing_and_the_others_are_there(monkeypatch):
    def away(*_args: object) -> None:
        raise DatabaseError

    def unreachable(*_args: object) -> None:
        raise RedisUnreachable

    monkeypatch.setattr(waiting, "_count", away)
    monkeypatch.setattr(connection, "close", lambda: None)
    monkeypatch.setattr(waiting, "redis_client", unreachable)
    monkeypatch.setattr(last_runs, "redis_client", unreachable)

    families = {family.name for family in WaitingCollector().collect()}

    assert "layerstore_task_interval_seconds" in families
    assert families.isdisjoint(
        {"layerstore_waiting_rows", "layerstore_outage", "layerstore_queue_tasks", "layerstore_task_due_since_timestamp_seconds"}
    )


def test_a_shop_that_was_never_backed_up_counts_from_its_first_migration():
    made = MigrationRecorder.Migration.objects.earliest("applied").applied

    assert samples("layerstore_registry_hold_last_success_timestamp_seconds") == {("backup",): made.timestamp()}


def test_a_task_that_never_ended_well_is_due_since_its_interval_before_we_first_asked():
    redis_client().delete(redis_key("jobs:ended"))
    began = time.time()
    first = samples("layerstore_task_due_since_timestamp_seconds")
    note_run("outbox.send_due_mail")
    second = samples("layerstore_task_due_since_timestamp_seconds")

    assert first.keys() == samples("layerstore_task_interval_seconds").keys()
    assert began - 86_400 <= first["common.clear_sessions",] <= time.time() - 86_400
    assert began <= second["outbox.send_due_mail",] <= time.time()
    assert second == first | {("outbox.send_due_mail",): second["outbox.send_due_mail",]}


def test_the_last_backup_and_the_last_collection_that_ended_well_are_shown():
    begin_hold(kind=RegistryHold.Kind.BACKUP)
    backup = end_hold(checked=3)
    begin_hold(kind=RegistryHold.Kind.COLLECTION)
    collection = end_hold(removed_blobs=2, freed=500)
    for kind in RegistryHold.Kind:
        begin_hold(kind=kind)
        end_hold(problem="disk full")
    begin_hold(kind=RegistryHold.Kind.BACKUP)

    assert samples("layerstore_registry_hold_last_success_timestamp_seconds") == {
        ("backup",): backup.began_at.timestamp(),
        ("collection",): collection.began_at.timestamp(),
    }
    assert samples("layerstore_collection_freed_bytes") == {(): 500}
    assert samples("layerstore_collection_removed_blobs") == {(): 2}
