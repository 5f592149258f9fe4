"""One row that fails stops no other. Shown on a mail, the plainest row that is tried until it goes through."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, models
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from common.db.claims import UNFINISHED, Attempt, Backoff, claim_due, note_failure, try_again

PATIENCE = Backoff(first=timedelta(seconds=10), longest=timedelta(minutes=1), most=3)


class Errand(Attempt):
    name = models.CharField(max_length=20)

    class Meta:
        app_label = "common"


@pytest.fixture(autouse=True)
def errands(db: None) -> Iterator[None]:
    with connection.schema_editor() as editor:
        editor.create_model(Errand)
    yield
    with connection.schema_editor() as editor:
        editor.delete_model(Errand)


def _claim() -> list[str]:
    return [row.name for row in claim_due(Errand._default_manager.order_by("due_at"), backoff=PATIENCE, most=10)]


def _due(name: str) -> None:
    Errand._default_manager.filter(name=name).update(due_at=timezone.now() - timedelta(seconds=1))


def test_each_wait_is_twice_as_long_up_to_the_longest() -> None:
    assert [PATIENCE.wait(attempts).total_seconds() for attempts in (1, 2, 3, 4, 5, 400)] == [10, 20, 40, 60, 60, 60]


def test_a_claimed_row_is_not_claimed_again_before_its_time() -> None:
    Errand._default_manager.create(name="one")

    assert (_claim(), _claim()) == (["one"], [])
    _due("one")
    assert _claim() == ["one"]


def test_nothing_that_is_due_costs_one_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    Errand._default_manager.create(name="later", due_at=timezone.now() + timedelta(hours=1))

    with django_assert_num_queries(1):
        assert _claim() == []


def test_a_row_that_fails_stops_no_other_and_is_given_up_with_its_reason() -> None:
    bad = Errand._default_manager.create(name="bad")
    for attempt in (1, 2, 3):
        Errand._default_manager.create(name=f"good {attempt}")
        assert _claim() == ["bad", f"good {attempt}"]
        bad.refresh_from_db()
        assert note_failure(bad, ValueError("no"), backoff=PATIENCE) is (attempt == 3)
        _due("bad")

    bad.refresh_from_db()
    assert (bad.last_error, bad.given_up_at is not None) == ("ValueError: no", True)
    assert _claim() == []


def test_a_row_that_its_workers_die_of_is_given_up_too() -> None:
    Errand._default_manager.create(name="deadly", attempts=3)

    assert _claim() == []
    row = Errand._default_manager.get()
    assert (row.last_error, row.given_up_at is not None) == (UNFINISHED, True)


def test_a_final_failure_is_given_up_at_once() -> None:
    row = Errand._default_manager.create(name="refused")

    assert note_failure(row, "refused for good", backoff=PATIENCE, final=True)
    assert _claim() == []


def test_a_row_that_was_given_up_is_tried_afresh_when_asked_for() -> None:
    row = Errand._default_manager.create(name="again", attempts=3, given_up_at=timezone.now(), last_error="no")

    try_again(row)

    assert _claim() == ["again"]
    row.refresh_from_db()
    assert (row.attempts, row.last_error, row.given_up_at) == (1, "", None)
