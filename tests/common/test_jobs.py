"""What the decorators promise: a name, a lease for as long as the job runs, and another run when there is more to do."""

import time
from collections.abc import Iterator
from datetime import timedelta
from unittest import mock

import pytest
from celery import current_app
from django.utils import timezone
from prometheus_client import REGISTRY
from pytest_django import Settings

from common import jobs
from common.db.leases import holding
from common.db.leases.holding import lease
from common.db.leases.postgresql import PostgreSQLLeases
from common.db.leases.protocol import LeaseStoreAway
from common.db.models import JobFence, JobLease
from common.jobs import JOBS, Job, on_demand, periodic
from common.ops.last_runs import due_since
from common.ops.redis import redis_client, redis_key
from tests.support.threads import run_in_threads

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def declared() -> Iterator[None]:
    """The jobs that a test declares are gone after it."""
    before = dict(JOBS)
    yield
    for name in set(JOBS) - set(before):
        del JOBS[name]
        current_app.tasks.pop(name)


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The tasks that were queued."""
    queued: list[object] = []
    monkeypatch.setattr(jobs, "queue_after_commit", queued.append)
    return queued


def test_a_job_is_named_after_its_app_and_its_function() -> None:
    @on_demand(lane="money", limit=60)
    def touch_row(row_id: str) -> str:
        return row_id

    @periodic(every=30, lane="mail", limit=90)
    def sweep() -> int:
        return 7

    assert (touch_row.name, touch_row("id"), JOBS["tests.touch_row"]) == ("tests.touch_row", "id", Job("money", 60))
    assert (sweep.name, sweep(), JOBS["tests.sweep"]) == ("tests.sweep", 7, Job("mail", 90, every=30))


def test_every_periodic_job_takes_a_lease_that_is_short_and_gives_it_back(settings: Settings) -> None:
    settings.LAYERSTORE_LEASE_SECONDS = 60.0

    @periodic(every=30, lane="mail", limit=3600)
    def sweep() -> timedelta:
        return JobLease.objects.get(name="tests.sweep").held_until - timezone.now()

    left = sweep()

    assert left is not None
    assert timedelta(seconds=0) < left <= timedelta(seconds=60)
    assert JobLease.objects.get().held_until <= timezone.now()


def test_a_job_that_loses_its_lease_is_stopped_at_its_next_statement_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    @periodic(every=30, lane="mail", limit=90, again=lambda: pytest.fail("asked"))
    def sweep() -> int:
        JobFence.objects.create(name="row of the job", number=1)
        take_over("tests.sweep")
        JobFence.objects.create(name="row of a late holder", number=1)
        return 7

    before = counted("tests.sweep", "lost")

    assert sweep() is None

    assert set(JobFence.objects.values_list("name", flat=True)) == {"tests.sweep", "row of the job"}
    assert "job stopped, the next run goes on" in caplog.text
    assert counted("tests.sweep", "lost") == before + 1


def test_only_a_run_that_ends_well_is_noted_for_the_schedule() -> None:
    problems: list[Exception] = []

    @periodic(every=30, lane="mail", limit=90)
    def sweep() -> None:
        for problem in problems:
            raise problem

    began = time.time()
    redis_client().delete(redis_key("jobs:ended"))
    sweep()
    noted = due_since({"tests.sweep": 30})["tests.sweep"]
    problems.append(ValueError("no room"))
    with pytest.raises(ValueError, match="no room"):
        sweep()

    assert began <= noted <= time.time()
    assert due_since({"tests.sweep": 30}) == {"tests.sweep": noted}


def test_a_job_whose_work_is_shared_row_by_row_records_what_it_did_although_its_lease_was_lost() -> None:
    @periodic(every=30, lane="mail", limit=90, places=2)
    def sweep() -> int:
        take_over("tests.sweep")
        JobFence.objects.create(name="row", number=1)
        return 7

    assert sweep() == 7


def test_a_job_that_cannot_tell_whether_it_may_run_does_not_and_runs_when_it_can(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    runs: list[str] = []

    @periodic(every=30, lane="mail", limit=90)
    def sweep() -> None:
        runs.append("sweep")

    before = counted("tests.sweep", "away")
    with monkeypatch.context() as away:
        away.setattr(holding.lease_store(), "acquire", mock.Mock(side_effect=LeaseStoreAway("no answer")))
        assert sweep() is None
        assert runs == []
    sweep()

    assert runs == ["sweep"]
    assert "job not run, its lease cannot be had" in caplog.text
    assert counted("tests.sweep", "away") == before + 1


def take_over(name: str) -> None:
    """Do what a successor does whose clock has passed the end of a lease, on a connection of its own."""

    def act() -> bool:
        JobLease.objects.filter(name=name).update(held_until=timezone.now() - timedelta(seconds=1))
        return PostgreSQLLeases().acquire([name], seconds=60) is not None

    assert run_in_threads(1, act) == [True]


def counted(job: str, outcome: str) -> float:
    return REGISTRY.get_sample_value("layerstore_job_leases_total", {"job": job, "outcome": outcome}) or 0.0


def test_a_job_whose_lease_another_worker_has_does_nothing(queued: list[object]) -> None:
    runs: list[str] = []

    @periodic(every=30, lane="mail", limit=90, first=lambda: runs.append("first"), again=lambda: True)
    def sweep() -> None:
        runs.append("sweep")

    with lease("tests.sweep", lasting=timedelta(minutes=1)):
        assert sweep() is None

    assert runs == ["first"]
    assert queued == []


def test_a_job_with_places_runs_in_each_of_them() -> None:
    @periodic(every=30, lane="mail", limit=90, places=2)
    def sweep() -> int:
        return 7

    with lease("tests.sweep", lasting=timedelta(minutes=1)):
        assert sweep() == 7
        with lease("tests.sweep:1", lasting=timedelta(minutes=1)):
            assert sweep() is None


@pytest.mark.parametrize(
    ("result", "more", "times"),
    [
        pytest.param(0, True, 1, id="there is more to do"),
        pytest.param(3, False, 0, id="all is done"),
        pytest.param(None, True, 0, id="the run did not come to its end"),
    ],
)
def test_a_job_that_leaves_something_is_queued_anew_once_its_lease_is_free(
    queued: list[object], result: int | None, *, more: bool, times: int
) -> None:
    def again() -> bool:
        with lease("tests.sweep", lasting=timedelta(minutes=1)) as leased:
            assert leased
        return more

    @periodic(every=30, lane="mail", limit=90, again=again)
    def sweep() -> int | None:
        return result

    assert sweep() == result
    assert queued == [sweep] * times
