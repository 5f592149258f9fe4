"""A lease while a job runs: one holder, renewed in the background, given back; and what a holder that lost it may still do."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from unittest import mock

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from common.db.leases import holding
from common.db.leases.fence import Fence
from common.db.leases.holding import lease
from common.db.leases.postgresql import PostgreSQLLeases
from common.db.leases.protocol import Grant, LeaseLost, LeaseStoreAway
from common.db.models import JobFence, JobLease
from tests.support.registry import wait_until
from tests.support.threads import run_in_threads

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)
SOON = timedelta(seconds=0.3)
Write = Callable[[], object]


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Renew a minute's lease every half a second, so that no test waits and none loses a lease because the machine is busy."""
    monkeypatch.setattr(holding, "_RENEWALS", 120)


def test_a_job_runs_once_however_many_schedulers_ask() -> None:
    with lease("sweep", lasting=MINUTE) as first, lease("sweep", lasting=MINUTE) as second:
        assert (first, second) == (True, False)


def test_a_lease_is_free_again_after_its_job() -> None:
    with lease("sweep", lasting=MINUTE) as held:
        assert held
    with lease("sweep", lasting=MINUTE) as held:
        assert held


def test_a_lease_is_given_back_when_its_job_fails() -> None:
    with pytest.raises(ZeroDivisionError), lease("sweep", lasting=MINUTE):
        raise ZeroDivisionError
    with lease("sweep", lasting=MINUTE) as held:
        assert held


def test_the_lease_of_a_dead_process_runs_out() -> None:
    JobLease.objects.create(name="sweep", held_until=timezone.now() - timedelta(seconds=1))

    with lease("sweep", lasting=MINUTE) as held:
        assert held


def test_each_holder_has_a_higher_number_than_all_before_it() -> None:
    numbers = []
    for _ in range(3):
        with lease("sweep", lasting=MINUTE):
            numbers.append(JobFence.objects.get(name="sweep").number)

    assert numbers == [1, 2, 3]


def test_a_late_finisher_does_not_give_back_the_lease_of_its_successor() -> None:
    with lease("sweep", lasting=MINUTE):
        take_over("sweep")

    assert JobLease.objects.get(name="sweep").held_until > timezone.now()


def test_a_lease_is_renewed_for_as_long_as_its_job_runs(often: None) -> None:
    with lease("sweep", lasting=MINUTE):
        began = held_until("sweep")
        wait_until(lambda: held_until("sweep") > began)
        JobFence.objects.create(name="row", number=1)

    assert JobFence.objects.filter(name="row").exists()


def test_a_renewal_has_a_connection_of_its_own_so_that_a_long_transaction_does_not_cost_the_lease(often: None) -> None:
    with lease("sweep", lasting=MINUTE), transaction.atomic():
        JobFence.objects.create(name="row", number=1)
        began = held_until("sweep")
        wait_until(lambda: held_until("sweep") > began)

    assert JobFence.objects.filter(name="row").exists()


def test_a_job_whose_lease_cannot_be_renewed_is_stopped_before_somebody_else_may_have_it(monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    tried = threading.Event()
    monkeypatch.setattr(holding.lease_store(), "renew", away(tried))

    with pytest.raises(LeaseLost), lease("sweep", lasting=SOON):
        assert tried.wait(timeout=30)
        wait_until(lambda: timezone.now() > JobLease.objects.get(name="sweep").held_until)

    assert "lease not renewed yet" in caplog.text


def test_a_renewal_that_fails_once_costs_nothing(often: None, monkeypatch: pytest.MonkeyPatch) -> None:
    store = holding.lease_store()
    answers = iter([away(threading.Event())])

    def renew(grant: Grant, *, seconds: float) -> bool:
        return next(answers, PostgreSQLLeases().renew)(grant, seconds=seconds)

    monkeypatch.setattr(store, "renew", renew)
    with lease("sweep", lasting=MINUTE):
        began = held_until("sweep")
        wait_until(lambda: held_until("sweep") > began)
        JobFence.objects.create(name="row", number=1)


def test_a_holder_whose_successor_has_come_is_told_by_its_next_renewal(often: None) -> None:
    with pytest.raises(LeaseLost, match="in time"), lease("sweep", lasting=MINUTE):
        take_over("sweep")
        renewal = next(thread for thread in threading.enumerate() if thread.name == "lease sweep")
        renewal.join(timeout=30)
        JobLease.objects.count()  # its own clock alone would let it go on


def test_a_lease_that_cannot_be_given_back_runs_out_and_the_job_is_done(monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    monkeypatch.setattr(holding.lease_store(), "release", away(threading.Event()))

    with lease("sweep", lasting=MINUTE) as held:
        assert held

    assert "it runs out by itself" in caplog.text


def test_a_store_that_is_away_grants_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with mock.patch.object(connection, "cursor", side_effect=OperationalError("away")), pytest.raises(LeaseStoreAway), lease("sweep"):
        pytest.fail("ran")


def test_the_settings_say_where_leases_are(settings: Settings) -> None:
    holding.lease_store.cache_clear()
    settings.LAYERSTORE_LEASES, settings.LAYERSTORE_LEASES_REGION = "dynamodb", "eu-central-1"
    try:
        assert type(holding.lease_store()).__name__ == "DynamoDBLeases"
    finally:
        holding.lease_store.cache_clear()


class TestAHolderWhoseSuccessorHasBegun:
    """Its own clock and thread know nothing of it yet: the database refuses."""

    @pytest.mark.parametrize(
        "write",
        [
            pytest.param(lambda: JobFence.objects.create(name="row", number=1), id="a transaction"),
            pytest.param(lambda: JobFence.objects.filter(name="kept").update(number=9), id="a statement by itself"),
            pytest.param(lambda: JobFence.objects.filter(name="kept").delete(), id="a deletion"),
            pytest.param(lambda: raw("WITH gone AS (DELETE FROM common_jobfence RETURNING 1) SELECT 1"), id="a query that writes"),
            pytest.param(lambda: JobFence.objects.bulk_create([JobFence(name="row", number=1)]), id="many rows"),
        ],
    )
    def test_writes_nothing(self, write: Write) -> None:
        JobFence.objects.create(name="kept", number=1)
        with pytest.raises(LeaseLost, match="number 1 may not write"), lease("sweep", lasting=MINUTE):
            take_over("sweep")
            write()

        assert dict(JobFence.objects.values_list("name", "number")) == {"kept": 1, "sweep": 2}

    def test_may_read_outside_a_transaction_which_changes_nothing(self) -> None:
        with lease("sweep", lasting=MINUTE):
            take_over("sweep")
            assert JobFence.objects.count() == 1

    def test_writes_nothing_in_a_savepoint_either(self) -> None:
        with pytest.raises(LeaseLost), lease("sweep", lasting=MINUTE):
            take_over("sweep")
            with transaction.atomic(), transaction.atomic():
                JobFence.objects.create(name="row", number=1)

        assert list(JobFence.objects.values_list("name", flat=True)) == ["sweep"]

    def test_is_not_taken_for_a_row_that_failed(self) -> None:
        """Runs over rows let failures of the database through."""
        assert issubclass(LeaseLost, OperationalError)
        assert issubclass(LeaseLost, DatabaseError)


def test_a_successor_begins_only_when_the_transaction_of_its_predecessor_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.db.leases.postgresql.WAIT_MS", 50)
    with lease("sweep", lasting=MINUTE), transaction.atomic():
        JobFence.objects.create(name="row", number=1)
        assert beside(lambda: expire("sweep") and ask("sweep")) is False
    assert ask("sweep")
    assert JobFence.objects.filter(name="row").exists()


def test_a_transaction_whose_holder_stopped_in_the_middle_is_ended_so_that_a_successor_can_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.db.leases.fence.IDLE_LEASES", 0.01)

    with pytest.raises(DatabaseError), lease("sweep", lasting=MINUTE), transaction.atomic():
        JobFence.objects.create(name="row", number=1)
        beside(lambda: expire("sweep"))
        wait_until(lambda: beside(lambda: ask("sweep")))
        JobFence.objects.create(name="later row", number=1)

    assert list(JobFence.objects.values_list("name", "number")) == [("sweep", 2)]


def test_a_transaction_asks_for_its_number_once() -> None:
    with mock.patch.object(Fence, "_require", autospec=True, side_effect=Fence._require) as asked, lease("sweep", lasting=MINUTE):
        with transaction.atomic():
            for name in ("one", "two"):
                with transaction.atomic():
                    JobFence.objects.create(name=name, number=1)
        JobFence.objects.update(number=9)

    assert asked.call_count == 2


def take_over(name: str) -> None:
    """Do what a successor does whose clock has passed the end of a lease."""
    assert beside(lambda: expire(name) and PostgreSQLLeases().acquire([name], seconds=60))


def expire(name: str) -> int:
    return JobLease.objects.filter(name=name).update(held_until=timezone.now() - timedelta(seconds=1))


def ask(name: str) -> bool:
    with lease(name, lasting=MINUTE) as held:
        return held


def beside(act: Callable[[], object]) -> object:
    """Return what the act returns on a connection of its own."""
    [result] = run_in_threads(1, act)
    if isinstance(result, Exception):
        raise result
    return result


def held_until(name: str) -> datetime:
    return JobLease.objects.get(name=name).held_until


def away(tried: threading.Event) -> mock.Mock:
    """Return an act of a store that does not answer."""

    def act(*_: object, **__: object) -> None:
        tried.set()
        raise LeaseStoreAway("no answer")

    return mock.Mock(side_effect=act)


def raw(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
