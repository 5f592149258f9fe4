"""Holds: one at a time, nothing is deleted meanwhile, and one that nobody ends runs out."""

import io
import json
import sys
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from audit.models import AuditEvent
from registry_auth.upkeep import tasks
from registry_auth.upkeep.errors import DeletionsHeld, HoldInForce, NoHold
from registry_auth.upkeep.holds import begin_hold, end_hold, hold_in_force, quiet_after
from registry_auth.upkeep.models import RegistryHold
from registry_auth.upkeep.take_downs import delete_manifest, remove_taken_down_manifests
from tests.factories.marketplace import PushedImageFactory

pytestmark = pytest.mark.django_db
BACKUP, COLLECTION = RegistryHold.Kind.BACKUP, RegistryHold.Kind.COLLECTION


@pytest.mark.parametrize("second", [BACKUP, COLLECTION])
def test_a_second_hold_is_refused_while_one_lasts(second):
    first = begin_hold(kind=BACKUP)

    with pytest.raises(HoldInForce, match="A backup is under way"):
        begin_hold(kind=second)

    assert list(RegistryHold.objects.all()) == [first]


def test_the_database_refuses_a_second_hold_that_begins_at_the_same_moment(monkeypatch):
    begin_hold(kind=BACKUP)
    monkeypatch.setattr("registry_auth.upkeep.holds.hold_in_force", lambda: None)

    with pytest.raises(HoldInForce):
        begin_hold(kind=COLLECTION)

    assert RegistryHold.objects.count() == 1


def test_what_came_of_a_hold_is_recorded():
    begin_hold(kind=COLLECTION)

    hold = end_hold(checked=7, removed_blobs=2, freed=300)

    assert (hold.checked, hold.removed_blobs, hold.freed, hold.problem) == (7, 2, 300, "")
    assert hold_in_force() is None
    ended = AuditEvent.objects.get(action="registry.collection_ended")
    assert ended.details == {"problem": "", "checked": 7, "removed_blobs": 2, "freed": 300}


def test_a_hold_that_nobody_ends_runs_out_and_the_next_one_says_so():
    left = begin_hold(kind=COLLECTION, lasting=timedelta(0))
    assert hold_in_force() is None
    with pytest.raises(NoHold):
        end_hold()

    begin_hold(kind=BACKUP)

    left.refresh_from_db()
    assert (left.ended_at, left.problem) == (left.ends_at, "Whoever began it never ended it.")


def test_nothing_is_deleted_while_a_hold_lasts_and_afterwards_it_is(registry, table):
    image = PushedImageFactory(taken_down_at=timezone.now(), take_down_reason="malware")
    table.hold(image.repository, "1.0")
    begin_hold(kind=BACKUP)

    assert remove_taken_down_manifests(registry=registry) == 0
    with pytest.raises(DeletionsHeld):
        delete_manifest(registry, image.repository, image.manifests.get().digest)
    tasks.remove_taken_down_manifests()
    assert (image.manifests.count(), [line for line in table.requests if line.startswith("DELETE")]) == (1, [])

    end_hold()
    assert remove_taken_down_manifests(registry=registry) == 2


def test_the_last_push_token_has_run_out_when_the_registry_counts_as_quiet(settings):
    settings.LAYERSTORE_PUSH_TOKEN_LIFETIME = timedelta(minutes=10)

    assert quiet_after() == timedelta(minutes=10, seconds=5) + settings.LAYERSTORE_TOKEN_LEEWAY


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("registry_hold", *arguments, stdout=output)
    return output.getvalue().strip()


@pytest.mark.parametrize("minutes", ["0", "-5"])
def test_a_hold_of_less_than_a_minute_is_refused(minutes: str):
    with pytest.raises(CommandError, match=r"^--minutes is at least 1\.$"):
        run("begin", "collection", "--minutes", minutes)

    assert not RegistryHold.objects.exists()


def test_a_hold_is_begun_and_ended_by_hand():
    assert run("begin", "collection", "--minutes", "90") == f"{quiet_after().total_seconds():.0f}"
    hold = hold_in_force()
    assert hold is not None
    assert (hold.kind, hold.ends_at - hold.began_at) == ("collection", timedelta(minutes=90) + quiet_after())
    with pytest.raises(CommandError, match="registry_hold end"):
        run("begin", "backup")

    assert run("end", "--checked", "3", "--problem", "disk full") == "The garbage collection has ended; pushes and deletions are as before."

    hold.refresh_from_db()
    assert (hold.checked, hold.problem) == (3, "disk full")
    with pytest.raises(CommandError, match="Nothing is held back"):
        run("end")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("said", "problem", "checked"), [('{"checked": 2}\n', "", 2), ("", "The backup was cut off.", 0)])
def test_a_backup_is_told_what_can_be_pulled_at_one_snapshot_and_its_end_ends_the_hold(monkeypatch, said, problem, checked):
    sold = PushedImageFactory(first_sold_at=timezone.now())
    unsold = PushedImageFactory()
    PushedImageFactory(taken_down_at=timezone.now(), take_down_reason="malware")
    during = []

    class Reader(io.StringIO):
        def readline(self, *arguments):
            with connection.cursor() as cursor:
                cursor.execute("SHOW transaction_isolation")
                during.append((cursor.fetchone()[0], RegistryHold.objects.get().kind))
            return super().readline(*arguments)

    monkeypatch.setattr(sys, "stdin", Reader(said))

    first, *manifests, last = map(json.loads, run("snapshot").splitlines())

    assert set(first) == {"snapshot", "migrations", "without"}
    assert first["without"] == ["registry_auth_registryhold"]
    assert "registry_auth.0001_initial" in first["migrations"]
    assert sorted(manifests, key=lambda row: row["sold"]) == [
        {"repository": image.repository, "digest": image.manifests.get().digest, "sold": image == sold} for image in (unsold, sold)
    ]
    assert last == {}
    assert during == [("repeatable read", "backup")]
    hold = RegistryHold.objects.get()
    assert (hold.ended_at is not None, hold.problem, hold.checked) == (True, problem, checked)
