"""The tests' own database: migrated once for all processes that test, and left by a test that commits as it was."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from django.db import connection, transaction
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker

# Django's own rows about the models. They never differ, and `flush` would only make them anew.
LASTING = {"django_content_type", "auth_permission"}
# Books and documents refuse that rows are deleted. Truncating them would make each table and each of its indexes a new file.
REFUSING = ("billing_ledgerentry", "billing_ledgertransaction", "billing_document", "billing_documentseries")
_COLUMNS = """
SELECT table_name, string_agg(quote_ident(column_name), ', ')
  FROM information_schema.columns WHERE table_schema = 'public' AND is_generated = 'NEVER' GROUP BY table_name
"""
# What a session holds beside its rows: settings, locks of its own, statements, temporary tables, channels it listens to.
_LEFT = """
SELECT EXISTS (SELECT FROM pg_settings WHERE source = 'session')
    OR EXISTS (SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory')
    OR EXISTS (SELECT FROM pg_prepared_statements)
    OR EXISTS (SELECT FROM pg_listening_channels())
    OR pg_my_temp_schema() <> 0
"""

# Named by script/test, whose server ends with the run, and the template with it: no run meets that of older migrations.
TEMPLATE = os.environ.get("LAYERSTORE_TEST_TEMPLATE")


@contextmanager
def migrated_once() -> Iterator[None]:
    """Let the block copy the template. Where there is none yet, make it of what the block makes, while other processes wait for it."""
    if not TEMPLATE:
        yield
        return
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [TEMPLATE])
        cursor.execute("SELECT EXISTS (SELECT FROM pg_database WHERE datname = %s)", [TEMPLATE])
        is_made = cursor.fetchone() == (True,)
        if is_made:
            cursor.execute("SELECT pg_advisory_unlock_all()")
            connection.settings_dict["TEST"]["TEMPLATE"] = TEMPLATE
        yield
        if not is_made:
            made = connection.settings_dict["NAME"]
            connection.close()  # PostgreSQL copies no database that somebody is connected to
            cursor.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE {made}")


def keep_what_migrations_made() -> None:
    """From now on a test that commits leaves exactly the rows of this moment, so that no test meets those of another.

    Django's `flush` takes the rows of migrations as well, and whichever test comes next misses them. It truncates: a new file for each
    table and each index, which takes longer than most of these tests.
    """
    leave = way_back("migrated")
    TransactionTestCase._fixture_teardown = lambda _: leave()  # type: ignore[attr-defined]  # Django's own, which its stubs leave out
    # Django opens a new connection for each test that commits, and a new session reads the catalogue and plans every deletion anew.
    TransactionTestCase._should_reload_connections = has_left_something  # type: ignore[attr-defined]  # Django's own, which its stubs leave out


def way_back(schema: str) -> Callable[[], None]:
    """Keep the rows of this moment in a schema of their own; return what leaves exactly these.

    A function in the database does it: it is planned once for each session, and touches no table that is as it was.
    """
    tables, kept = _tables(), {}
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        cursor.execute(_COLUMNS)
        columns = dict(cursor.fetchall())
        for table in tables:
            cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
            if cursor.fetchone() == (True,):
                cursor.execute(f"CREATE TABLE IF NOT EXISTS {schema}.{table} AS TABLE {table}")
                kept[table] = columns[table]
        cursor.execute(
            f"CREATE OR REPLACE FUNCTION {schema}.leave() RETURNS void LANGUAGE plpgsql AS $$ {_leaving(schema, tables, kept)} $$"
        )

    def leave() -> None:
        connection.ops.execute_sql_flush([f"SELECT {schema}.leave()"])

    return leave


def _leaving(schema: str, tables: list[str], kept: Mapping[str, str]) -> str:
    """Write the function's body. Keys between tables are looked at when all of it is done."""
    empty = [f"IF EXISTS (SELECT FROM {table}) THEN DELETE FROM {table}; END IF;" for table in tables if table not in kept]
    restore = [
        f"""
        IF EXISTS (SELECT {columns} FROM {table} EXCEPT ALL SELECT {columns} FROM {schema}.{table})
        OR EXISTS (SELECT {columns} FROM {schema}.{table} EXCEPT ALL SELECT {columns} FROM {table}) THEN
            DELETE FROM {table}; INSERT INTO {table} ({columns}) SELECT {columns} FROM {schema}.{table};
        END IF;"""
        for table, columns in kept.items()
    ]
    written = " OR ".join(f"EXISTS (SELECT FROM {table})" for table in REFUSING)
    allow, refuse = (" ".join(f"ALTER TABLE {table} {which} TRIGGER USER;" for table in REFUSING) for which in ("DISABLE", "ENABLE"))
    return f"""
    DECLARE
        written boolean := {written};
    BEGIN
        SET CONSTRAINTS ALL DEFERRED;
        IF written THEN {allow} END IF;
        {" ".join(empty)} {" ".join(restore)}
        IF written THEN SET CONSTRAINTS ALL IMMEDIATE; {refuse} END IF;
    END
    """


@contextmanager
def rows_of_this_moment(schema: str) -> Iterator[Callable[[], None]]:
    """Yield what brings the rows of this moment back, as often as it is called within the block."""
    try:
        yield way_back(schema)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


@contextmanager
def around_the_tests(blocker: DjangoDbBlocker) -> Iterator[None]:
    """Take back at the end what the block has written: what the tests of a module share, each of them in a transaction of its own within.

    To Django, and to whoever watches in which order rows are locked, it is part of the test, and no transaction of the shop's.
    """
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]  # Django's own, which its stubs leave out
    with blocker.unblock(), block:
        yield
        transaction.set_rollback(True)


def has_left_something(_: TransactionTestCase) -> bool:
    """Tell whether a test leaves its connection otherwise than a new one is, so that the next test must not have it."""
    if connection.in_atomic_block or connection.run_on_commit or connection.errors_occurred or not connection.get_autocommit():
        return True
    with connection.cursor() as cursor:
        cursor.execute(_LEFT)
        return bool(cursor.fetchone() == (True,))


def end_other_sessions() -> None:
    """End the sessions of threads that a live server has not ended yet: a page may ask it to the last moment, and the database goes now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )


def _tables() -> list[str]:
    """Return the tables of all models that there are. Who makes another one in a test takes it away again."""
    return sorted(set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - LASTING)
