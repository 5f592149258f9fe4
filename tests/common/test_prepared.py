"""Prepared statements: planned once for each connection, and never missing."""

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from common.prepared import Prepared


@pytest.fixture
def doubled(request) -> Prepared:
    return Prepared("test_doubled", types=("int", "text"), text="SELECT $1 * 2, $2 || '%'")


def sent(statement: Prepared) -> str:
    """What one use sends."""
    with CaptureQueriesContext(connection) as captured:
        assert statement.rows(21, "a") == [(42, "a%")]
    (query,) = captured.captured_queries
    return query["sql"].partition(" ")[0]


def start_anew() -> None:
    """Leave no connection that earlier tests prepared something on."""
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_connection_prepares_once_and_a_new_one_again(doubled):
    start_anew()

    assert [sent(doubled), sent(doubled)] == ["PREPARE", "EXECUTE"]

    connection.close()
    assert [sent(doubled), sent(doubled)] == ["PREPARE", "EXECUTE"]


@pytest.mark.django_db(transaction=True)
def test_what_was_discarded_is_prepared_again(doubled):
    start_anew()
    sent(doubled)
    with connection.cursor() as cursor:
        cursor.execute("DISCARD ALL")

    assert doubled.rows(21, "a") == [(42, "a%")]
    assert sent(doubled) == "EXECUTE"


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_transaction_leaves_it_prepared(doubled):
    start_anew()
    with transaction.atomic():
        assert sent(doubled) == "PREPARE"
        transaction.set_rollback(True)

    assert sent(doubled) == "EXECUTE"


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_a_discarded_one_is_an_error_and_the_next_use_mends_it(doubled):
    start_anew()
    sent(doubled)
    with pytest.raises(OperationalError), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("DEALLOCATE test_doubled")
        doubled.rows(21, "a")

    assert doubled.rows(21, "a") == [(42, "a%")]


@pytest.mark.django_db(transaction=True)
def test_its_plan_can_be_read(doubled):
    start_anew()

    assert doubled.plan(1, "x").startswith("Result")
