import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from common.db.leases import alone, lease
from common.db.models import JobLease
from tests.support.threads import run_in_threads

MINUTE = timedelta(minutes=1)


@pytest.mark.django_db(transaction=True)
def test_a_job_runs_once_however_many_schedulers_ask() -> None:
    with lease("sweep", lasting=MINUTE) as first, lease("sweep", lasting=MINUTE) as second:
        assert (first, second) == (True, False)


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_free_again_after_its_job() -> None:
    with lease("sweep", lasting=MINUTE) as held:
        assert held
    with lease("sweep", lasting=MINUTE) as held:
        assert held


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_given_back_when_its_job_fails() -> None:
    with pytest.raises(ZeroDivisionError), lease("sweep", lasting=MINUTE):
        raise ZeroDivisionError
    with lease("sweep", lasting=MINUTE) as held:
        assert held


@pytest.mark.django_db(transaction=True)
def test_the_lease_of_a_dead_process_runs_out() -> None:
    JobLease.objects.create(name="sweep", held_until=timezone.now() - timedelta(seconds=1))

    with lease("sweep", lasting=MINUTE) as held:
        assert held


@pytest.mark.django_db(transaction=True)
def test_a_late_finisher_does_not_give_back_the_lease_of_its_successor() -> None:
    with lease("sweep", lasting=MINUTE):
        successor = timezone.now() + timedelta(hours=1)
        JobLease.objects.filter(name="sweep").update(held_until=successor)

    assert JobLease.objects.get(name="sweep").held_until == successor


@pytest.mark.django_db(transaction=True)
def test_what_one_does_alone_nobody_else_does_meanwhile_and_anybody_afterwards() -> None:
    at_it, over = threading.Event(), threading.Event()

    def act(number: int) -> bool:
        if number:
            assert at_it.wait(timeout=30)
        with alone("thing") as first:
            if number:
                over.set()
            else:
                at_it.set()
                assert over.wait(timeout=30)
            return first

    assert run_in_threads(2, act) == [True, False]
    with alone("thing") as again, alone("another thing") as other:
        assert (again, other) == (True, True)
