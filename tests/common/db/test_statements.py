"""A statement that PostgreSQL cancels: 503 that says so, nothing changed, and the log knows which it was."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError, connection
from django.test import RequestFactory

from common.api.problems import problem_details
from common.db.statements import _watch, was_cancelled
from common.web.pages import server_error

SLOW = "SELECT pg_sleep(%s)"


@pytest.fixture
def cancelled() -> Iterator[OperationalError]:
    """What a cancelled statement raises, on a connection like those of web."""
    _watch(connection)
    _watch(connection)
    try:
        with connection.cursor() as cursor, pytest.raises(OperationalError) as raised:
            cursor.execute("SET statement_timeout = 50")
            cursor.execute(SLOW, [30])
        yield raised.value
    finally:
        connection.cursor().execute("RESET statement_timeout")
        connection.execute_wrappers.clear()


@pytest.mark.django_db(transaction=True)
def test_a_page_says_that_it_took_too_long(cancelled: OperationalError) -> None:
    request = RequestFactory().get("/library/")
    request.user = AnonymousUser()
    try:
        raise cancelled
    except OperationalError:
        response = server_error(request)

    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert "took too long" in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_api_says_that_it_took_too_long(cancelled: OperationalError) -> None:
    response = problem_details(cancelled, {})

    assert response is not None
    assert (response.status_code, response.data["code"], response["Retry-After"]) == (503, "too_slow", "10")


@pytest.mark.django_db(transaction=True)
def test_the_log_says_which_once_and_without_its_values(cancelled: OperationalError, caplog: pytest.LogCaptureFixture) -> None:
    assert was_cancelled(cancelled)
    told = [record for record in caplog.get_records("setup") if record.name == "common.db.statements"]
    assert [(record.levelname, getattr(record, "statement", "")) for record in told] == [("ERROR", SLOW)]


@pytest.mark.django_db
def test_any_other_error_is_not_taken_for_it() -> None:
    assert not was_cancelled(OperationalError("connection refused"))
    assert not was_cancelled(None)
