"""Many rows are deleted a few at a time."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.db.deletion import BATCH, delete_in_batches
from common.tasks import clear_sessions

pytestmark = pytest.mark.django_db


def begun(number: int, *, ends: timedelta) -> list[Session]:
    made = [Session(session_key=f"{ends.days}-{one}", session_data="", expire_date=timezone.now() + ends) for one in range(number)]
    return Session.objects.bulk_create(made)


def test_no_statement_deletes_more_rows_than_a_batch() -> None:
    begun(5, ends=timedelta(days=-1))

    with CaptureQueriesContext(connection) as queries:
        assert delete_in_batches(Session.objects.order_by("session_key"), at_once=2) == 5

    deletions = [query["sql"] for query in queries if query["sql"].startswith("DELETE")]
    assert [sql.count("'") // 2 for sql in deletions] == [2, 2, 1]


def test_all_sessions_that_have_run_out_are_deleted_however_many_and_no_other() -> None:
    begun(BATCH + 1, ends=timedelta(days=-1))
    begun(1, ends=timedelta(days=14))

    assert clear_sessions() == BATCH + 1

    assert Session.objects.get().session_key == "14-0"
