"""Prepared statements: planned once for each connection, and never missing."""

from datetime import UTC, datetime

import pytest
from django.db import DataError, NotSupportedError, OperationalError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from common.db.prepared_statements import PreparedStatement


@pytest.fixture
def doubled(request) -> PreparedStatement:
    return PreparedStatement("test_doubled", types=("int", "text"), text="SELECT $1 * 2, $2 || '%'")


def sent(statement: PreparedStatement) -> str:
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


@pytest.mark.django_db(transaction=True)
def test_it_answers_alike_whether_somebody_counts_queries_or_not(doubled):
    start_anew()
    moment = PreparedStatement("test_moment", types=("timestamptz",), text="SELECT $1")

    for statement, values in [(doubled, (21, "a")), (moment, (datetime(2026, 1, 2, tzinfo=UTC),))]:
        unseen = statement.rows(*values)
        with CaptureQueriesContext(connection) as captured:
            assert statement.rows(*values) == unseen
        assert len(captured) == 1
    assert unseen[0][0].tzinfo is UTC


@pytest.mark.django_db(transaction=True)
def test_errors_are_djangos_and_a_broken_transaction_takes_no_further_query(doubled):
    start_anew()
    with pytest.raises(DataError):
        doubled.rows("none", "a")
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            doubled.rows(21, "a")
        transaction.set_rollback(True)

    assert doubled.rows(21, "a") == [(42, "a%")]


def test_without_leave_no_test_reaches_the_database(doubled):
    with pytest.raises(RuntimeError, match="Database access not allowed"):
        doubled.rows(21, "a")


@pytest.mark.django_db(transaction=True)
def test_a_discarded_one_is_an_error_in_one_transaction_and_not_in_the_next(doubled):
    start_anew()
    sent(doubled)
    with pytest.raises(OperationalError), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("DEALLOCATE test_doubled")
        doubled.rows(21, "a")

    with transaction.atomic():
        assert doubled.rows(21, "a") == [(42, "a%")]


@pytest.fixture
def altered_table():
    """A table that a migration alters while a statement that reads it is prepared."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE test_altered (name varchar(5)); INSERT INTO test_altered VALUES ('a')")
    yield "test_altered"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE test_altered")


@pytest.mark.django_db(transaction=True)
def test_a_migration_of_what_it_reads_is_noticed(altered_table):
    start_anew()
    statement = PreparedStatement("test_reads_altered", types=("text",), text=f"SELECT name FROM {altered_table} WHERE name = $1")
    assert statement.rows("a") == [("a",)]
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {altered_table} ALTER name TYPE varchar(9)")

    with pytest.raises(NotSupportedError), transaction.atomic():
        statement.rows("a")
    assert statement.rows("a") == [("a",)]
