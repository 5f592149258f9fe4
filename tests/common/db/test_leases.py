from datetime import timedelta

import pytest
from django.utils import timezone

from common.db.leases import lease
from common.db.models import JobLease

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
