"""What one process at a time does: nobody waits, and nothing of it is a session's."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from common.db.exclusive import alone
from common.db.models import ExclusiveAct
from common.tasks import forget_unfinished_acts
from tests.support.threads import run_in_threads


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


@pytest.mark.django_db(transaction=True)
def test_what_a_dead_process_began_may_begin_anew_when_its_time_is_over() -> None:
    now = timezone.now()
    ExclusiveAct.objects.create(name="over", ends_at=now - timedelta(seconds=1))
    ExclusiveAct.objects.create(name="under way", ends_at=now + timedelta(minutes=1))

    with alone("over") as may, alone("under way") as may_too:
        assert (may, may_too) == (True, False)

    assert list(ExclusiveAct.objects.values_list("name", flat=True)) == ["under way"]


@pytest.mark.django_db(transaction=True)
def test_who_is_late_does_not_end_the_turn_of_a_successor() -> None:
    with alone("thing", longest=timedelta(0)):
        with alone("thing") as successor:
            assert successor
            ends_at = ExclusiveAct.objects.get().ends_at
        ExclusiveAct.objects.create(name="thing", ends_at=ends_at)

    assert ExclusiveAct.objects.get().ends_at == ends_at


@pytest.mark.django_db
def test_what_dead_processes_left_is_forgotten() -> None:
    ExclusiveAct.objects.create(name="over", ends_at=timezone.now())
    ExclusiveAct.objects.create(name="under way", ends_at=timezone.now() + timedelta(minutes=1))

    assert (forget_unfinished_acts(), ExclusiveAct.objects.get().name) == (1, "under way")
