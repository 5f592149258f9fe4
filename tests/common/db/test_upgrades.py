import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction

from common.db import upgrades
from common.db.upgrades import PAUSES, repeat_while_locked, upgrading
from tests.support.threads import run_in_threads

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shelf() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE upgrades_shelf (id int)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE upgrades_shelf")


def columns() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT attname FROM pg_attribute WHERE attrelid = 'upgrades_shelf'::regclass AND attnum > 0 ORDER BY attnum")
        return [name for (name,) in cursor.fetchall()]


def widen() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE upgrades_shelf ADD COLUMN width int")


@contextmanager
def old_version_reading() -> Iterator[Callable[[], None]]:
    """Hold what a long SELECT holds, in another session, until the yielded function is called."""
    reading, read = threading.Event(), threading.Event()

    def read_long() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM upgrades_shelf")
            reading.set()
            assert read.wait(60)
        connection.close()

    thread = threading.Thread(target=read_long)
    thread.start()
    assert reading.wait(60)

    def end() -> None:
        read.set()
        thread.join()

    yield end
    end()


@pytest.fixture
def _brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrades, "LOCK_TIMEOUT_MS", 50)


@pytest.mark.usefixtures("shelf", "_brief")
def test_a_migration_gives_way_to_a_long_transaction_and_is_repeated_after_it() -> None:
    waited: list[float] = []

    with old_version_reading() as end, upgrading(connection):

        def wait(seconds: float) -> None:
            assert columns() == ["id"]  # rolled back, and whoever waited behind it reads again
            waited.append(seconds)
            if len(waited) == 2:
                end()

        repeat_while_locked(widen, wait=wait)

    assert waited == list(PAUSES[:2])
    assert columns() == ["id", "width"]


@pytest.mark.usefixtures("shelf", "_brief")
def test_a_migration_whose_table_stays_in_use_is_given_up_and_says_how_to_find_the_holder() -> None:
    waited: list[float] = []

    with old_version_reading(), upgrading(connection), pytest.raises(CommandError, match="pg_stat_activity"):
        repeat_while_locked(widen, wait=waited.append)

    assert waited == list(PAUSES)
    assert columns() == ["id"]


def test_another_error_is_not_repeated() -> None:
    calls: list[float] = []

    def fail() -> None:
        calls.append(1)
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 10; SELECT pg_sleep(5)")

    with upgrading(connection), pytest.raises(OperationalError):
        repeat_while_locked(fail, wait=calls.append)

    assert calls == [1]


def test_two_upgrades_take_turns() -> None:
    inside: list[int] = []

    def upgrade() -> int:
        with upgrading(connection):
            inside.append(1)
            most = len(inside)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.01)")
            inside.pop()
            return most

    assert run_in_threads(4, upgrade) == [1, 1, 1, 1]


def test_the_session_is_left_as_it_was() -> None:
    def limits() -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT setting FROM pg_settings WHERE name IN ('lock_timeout', 'statement_timeout') ORDER BY name")
            return [setting for (setting,) in cursor.fetchall()]

    before = limits()

    with upgrading(connection):
        assert limits() == [str(upgrades.LOCK_TIMEOUT_MS), "0"]

    assert limits() == before


def test_migrate_runs_under_the_lock_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[int] = []

    def repeat(act: Callable[[], None]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT setting::int FROM pg_settings WHERE name = 'lock_timeout'")
            found.append(cursor.fetchone()[0])
        act()

    monkeypatch.setattr("common.management.commands.migrate.repeat_while_locked", repeat)

    call_command("migrate", verbosity=0)

    assert found == [upgrades.LOCK_TIMEOUT_MS]


def test_migrate_collects_garbage_rarely_and_leaves_the_process_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    usual, meanwhile = gc.get_threshold(), []
    monkeypatch.setattr("common.management.commands.migrate.repeat_while_locked", lambda _: meanwhile.append(gc.get_threshold()))

    call_command("migrate", verbosity=0)

    assert gc.get_threshold() == usual
    assert meanwhile[0] > usual
