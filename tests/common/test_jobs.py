"""What the decorators promise: a name, a lease as long as the limit, and another run when there is more to do."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from celery import current_app
from django.utils import timezone

from common import jobs
from common.db.leases import lease
from common.db.models import JobLease
from common.jobs import JOBS, Job, on_demand, periodic

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
    assert not JobLease.objects.exists()


def test_a_lease_lasts_as_long_as_its_job_may_run_and_is_given_back() -> None:
    @periodic(every=30, lane="mail", limit=90, alone=True)
    def sweep() -> timedelta:
        return JobLease.objects.get(name="tests.sweep").held_until - timezone.now()

    left = sweep()

    assert left is not None
    assert timedelta(seconds=85) < left <= timedelta(seconds=90)
    assert JobLease.objects.get().held_until <= timezone.now()


def test_a_job_whose_lease_another_worker_has_does_nothing(queued: list[object]) -> None:
    runs: list[str] = []

    @periodic(every=30, lane="mail", limit=90, alone=True, first=lambda: runs.append("first"), again=lambda: True)
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

    @periodic(every=30, lane="mail", limit=90, alone=True, again=again)
    def sweep() -> int | None:
        return result

    assert sweep() == result
    assert queued == [sweep] * times
