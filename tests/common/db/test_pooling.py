"""Behind a pooler that hands out one session for a transaction at a time, nothing that we rely on is the session's."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import DEFAULT_DB_ALIAS, DataError, OperationalError, ProgrammingError, connection, connections, transaction
from django.db.backends.signals import connection_created
from django.utils import timezone
from pytest_django import Settings

from common.db.exclusive import alone
from common.db.models import ExclusiveAct
from common.db.prepared_statements import PreparedStatement, SharedStatement, array_literal
from common.db.statements import limit_statements, was_cancelled
from config.variables import database
from tests.support.threads import run_in_threads
from tools.stack.pooler import running_pooler

pytestmark = pytest.mark.django_db(transaction=True)
DOUBLED = PreparedStatement("pooled_doubled", types=("int", "text", "uuid[]"), text="SELECT $1 * 2, $2 || '%', cardinality($3), $2")
WHOEVER = array_literal([UUID(int=0)])


@pytest.fixture(scope="module")
def address(django_db_setup: None) -> Iterator[str]:
    """The tests' database behind a pooler that has one session for everybody."""
    known = connections.settings[DEFAULT_DB_ALIAS]
    with running_pooler(host=known["HOST"], port=known["PORT"], database=known["NAME"], user=known["USER"], sessions=1) as pooled:
        yield pooled


@pytest.fixture(autouse=True)
def _pooled(address: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every connection of this test, in each thread, lead through the pooler."""
    connection.close()
    settings.LAYERSTORE_DATABASE_POOLING = "transaction"
    pooled = {key: value for key, value in database(address).items() if key in {"HOST", "PORT"}}
    for key, value in (pooled | {"DISABLE_SERVER_SIDE_CURSORS": True, "OPTIONS": {}}).items():
        monkeypatch.setitem(connections.settings[DEFAULT_DB_ALIAS], key, value)
    yield
    connection.close()
    connection.execute_wrappers.clear()
    for receiver in ("common.db.statements", "common.db.statements.each"):
        connection_created.disconnect(dispatch_uid=receiver)


def shown(query: str) -> list[tuple[object, ...]]:
    """What another client of the pooler, which sets nothing, sees in the session that we have just used."""
    (rows,) = run_in_threads(1, lambda: asked(query))
    return list(rows)


def asked(query: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def test_all_clients_have_one_session() -> None:
    assert len({tuple(shown("SELECT pg_backend_pid()")) for _ in range(3)} | {tuple(asked("SELECT pg_backend_pid()"))}) == 1


def prepared() -> int:
    """How many statements the session that all share has prepared."""
    ((count,),) = shown("SELECT count(*) FROM pg_prepared_statements")
    return int(str(count))


def test_a_statement_is_prepared_by_whoever_is_first_for_all_who_come_after() -> None:
    found = run_in_threads(3, lambda: [DOUBLED.rows(21, "a", WHOEVER) for _ in range(2)])

    assert found == [[[(42, "a%", 1, "a")]] * 2] * 3
    assert prepared() == 1


def test_another_version_of_a_statement_has_the_same_sessions() -> None:
    newer = PreparedStatement("pooled_doubled", types=("int",), text="SELECT $1 * 3")
    before = prepared()

    assert (DOUBLED.rows(21, "a", WHOEVER), newer.rows(21)) == ([(42, "a%", 1, "a")], [(63,)])
    assert prepared() > before


def test_a_statement_that_somebody_else_has_prepared_meanwhile_is_executed(monkeypatch: pytest.MonkeyPatch) -> None:
    raced = PreparedStatement("pooled_raced", types=("int",), text="SELECT $1")
    mended = SharedStatement._mended

    def overtaken(self: SharedStatement, error: Exception) -> str:
        mend = mended(self, error)
        if mend:
            assert run_in_threads(1, lambda: asked(f"{mend} SELECT 1")) == [[(1,)]]
        return mend

    monkeypatch.setattr(SharedStatement, "_mended", overtaken)

    assert raced.rows(7) == [(7,)]


def test_a_migration_of_what_a_shared_statement_reads_is_noticed() -> None:
    asked("CREATE TABLE test_pooled (name varchar(5)); INSERT INTO test_pooled VALUES ('a'); SELECT 1")
    reads = PreparedStatement("pooled_reads", types=("text",), text="SELECT name FROM test_pooled WHERE name = $1")
    try:
        assert reads.rows("a") == [("a",)]
        asked("ALTER TABLE test_pooled ALTER name TYPE varchar(9); SELECT 1")
        assert reads.rows("a") == [("a",)]
    finally:
        asked("DROP TABLE test_pooled; SELECT 1")


def test_in_a_transaction_which_an_error_would_abort_the_query_goes_whole() -> None:
    asked("DEALLOCATE ALL; SELECT 1")

    with transaction.atomic():
        assert DOUBLED.rows(21, "a", WHOEVER) == [(42, "a%", 1, "a")]

    assert prepared() == 0


def test_sessions_that_never_agree_get_the_query_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    asked("DEALLOCATE ALL; SELECT 1")
    monkeypatch.setattr(SharedStatement, "_mended", lambda *_: "")

    assert DOUBLED.rows(21, "a", WHOEVER) == [(42, "a%", 1, "a")]


def test_any_other_error_is_the_callers() -> None:
    with pytest.raises(DataError):
        DOUBLED.rows("none", "a", WHOEVER)
    with pytest.raises(ProgrammingError):
        PreparedStatement("pooled_wrong", types=(), text="SELECT nothing_of_this_name").rows()


def test_a_limit_for_statements_is_this_processs_alone_and_holds_in_every_transaction() -> None:
    limit_statements(1)
    connection.close()

    assert asked("SHOW statement_timeout") == [("1s",)]
    with transaction.atomic():
        assert asked("SHOW statement_timeout") == [("1s",)]
        with pytest.raises(OperationalError) as raised, transaction.atomic():
            asked("SELECT pg_sleep(30)")
        assert was_cancelled(raised.value)
        assert asked("SHOW statement_timeout") == [("1s",)]
    connection.execute_wrappers.clear()
    assert asked("SHOW statement_timeout") == [("0",)]


def test_a_limit_is_set_once_however_often_we_connect() -> None:
    limit_statements(1)
    for _ in range(2):
        connection.close()
        connection.ensure_connection()

    assert len(connection.execute_wrappers) == 2


def test_what_one_does_alone_is_no_lock_of_the_session() -> None:
    def act() -> bool:
        with alone("thing") as first:
            return first

    with alone("thing") as ours:
        assert (ours, run_in_threads(1, act)) == (True, [False])
    assert run_in_threads(1, act) == [True]


def test_rows_are_read_in_portions_without_a_cursor_that_outlives_its_transaction() -> None:
    ExclusiveAct.objects.bulk_create(ExclusiveAct(name=str(number), ends_at=timezone.now()) for number in range(5))

    rows = ExclusiveAct.objects.order_by("name").iterator(chunk_size=2)

    assert next(rows).name == "0"
    assert shown("SELECT count(*) FROM pg_cursors WHERE is_holdable") == [(0,)]
    assert [row.name for row in rows] == ["1", "2", "3", "4"]


def test_migrations_which_need_a_session_refuse_the_pooler() -> None:
    with pytest.raises(CommandError, match="Name PostgreSQL itself instead of the pooler"):
        call_command("migrate", verbosity=0)

    assert shown("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(0,)]
