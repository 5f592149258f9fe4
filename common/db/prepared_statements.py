"""Prepared statements, planned once for each connection: PostgreSQL takes five times longer to plan the policy's joins than to run them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any
from weakref import WeakSet

from django.db import DEFAULT_DB_ALIAS, NotSupportedError, OperationalError, ProgrammingError, connection, connections

from common.db.pooling import sessions_are_shared

_UNKNOWN_STATEMENT = "26000"  # PostgreSQL manual, appendix A: invalid_sql_statement_name
_KNOWN_STATEMENT = "42P05"  # duplicate_prepared_statement
_OUTDATED_STATEMENT = "0A000"  # feature_not_supported: "cached plan must not change result type", after a migration
_MEETINGS = 5  # with sessions that have not prepared a statement, or have while we thought that they had not; then it goes whole


class PreparedStatement:
    """One statement, prepared by its first use on a connection and only executed after that; each use is one round trip.

    A new connection prepares anew. One whose statements were thrown away (`DISCARD`, `DEALLOCATE`) prepares again, and one whose statements
    a migration has outdated gives way to a new one; unless it is inside a transaction, which PostgreSQL then aborts.

    Prepared statements belong to a session. Where a pooler shares sessions, `SharedStatement` does the same for whoever has one next.

    Args:
        name: an SQL identifier that no other statement has.
        types: of the parameters $1, $2, …
        text: a query that returns rows.
    """

    def __init__(self, name: str, *, types: Sequence[str], text: str) -> None:
        self.text = text
        self._execute = f"EXECUTE {name} ({', '.join(['%s'] * len(types))})"
        self._prepare = f"PREPARE {name} ({', '.join(types)}) AS {text.strip().replace('%', '%%')}; "
        self._prepared_on: WeakSet[Any] = WeakSet()
        self._shared = SharedStatement(name, types=types, text=text)

    def rows(self, *values: Any) -> list[tuple[Any, ...]]:
        """Return all rows for these parameters."""
        if sessions_are_shared():
            return self._shared.rows(*values)
        try:
            return self._run("", values)
        except (OperationalError, NotSupportedError) as error:
            if not self._may_mend(_pgcode(error)):
                raise
        return self._run("", values)

    def _may_mend(self, pgcode: str | None) -> bool:
        """Forget a statement that is gone or outdated; return whether the query may be repeated at once."""
        if pgcode == _UNKNOWN_STATEMENT:
            self._prepared_on.discard(connection.connection)
        elif pgcode != _OUTDATED_STATEMENT:
            return False
        if not connection.in_atomic_block and pgcode == _OUTDATED_STATEMENT:
            connection.close()
        return not connection.in_atomic_block

    def plan(self, *values: Any) -> str:
        """Return the query plan, as EXPLAIN prints it."""
        return "\n".join(line for (line,) in self._run("EXPLAIN ", values))

    def _run(self, prefix: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        database: Any = connections[DEFAULT_DB_ALIAS]
        database.ensure_connection()
        session, statement = database.connection, prefix + self._execute
        if session not in self._prepared_on:
            # Noted before it runs: if it is cut short, its next use finds the statement missing; it is never prepared twice.
            self._prepared_on.add(session)
            statement = self._prepare + statement
        if database.queries_logged or database.execute_wrappers:
            with database.cursor() as cursor:
                return _fetched(cursor, statement, values)
        # Nobody counts or wraps queries, so the driver's own cursor does: Django's costs as much as the round trip.
        database.validate_no_broken_transaction()
        with database.wrap_database_errors, session.cursor() as cursor:
            cursor.tzinfo_factory = database.tzinfo_factory
            return _fetched(cursor, statement, values)


class SharedStatement:
    """The same on sessions that a pooler shares: whoever meets a session that has not prepared it yet does so, for all who come after.

    Which session that is we do not know, so it is executed first, and prepared where PostgreSQL does not know it: in one message, which
    one session gets. Its name carries a hash of its text, for another version may have the same sessions. Inside a transaction, which an
    error would abort, the query is sent whole.
    """

    def __init__(self, name: str, *, types: Sequence[str], text: str) -> None:
        self._whole = _with_parameters(text, types)
        known_as = f"{name}_{sha256(self._whole.encode()).hexdigest()[:12]}"
        # Planned once; with the parameters of each use, five uses of each session would be planned anew.
        self._execute = f"SET LOCAL plan_cache_mode = force_generic_plan; EXECUTE {known_as} ({', '.join(['%s'] * len(types))})"
        self._prepare = f"PREPARE {known_as} ({', '.join(types)}) AS {text.strip().replace('%', '%%')}; "
        self._forget = f"DEALLOCATE {known_as}; "

    def rows(self, *values: Any) -> list[tuple[Any, ...]]:
        """Return all rows for these parameters."""
        if not connection.in_atomic_block:
            before = ""
            for _ in range(_MEETINGS):
                try:
                    return _sent(before + self._execute, values)
                except (OperationalError, NotSupportedError, ProgrammingError) as error:
                    before = self._mended(error)
        return _sent(self._whole, {str(number): value for number, value in enumerate(values, start=1)})

    def _mended(self, error: Exception) -> str:
        """Return what must be sent before the next attempt, which may meet another session than the one that raised this error."""
        mends = {_UNKNOWN_STATEMENT: self._prepare, _OUTDATED_STATEMENT: self._forget + self._prepare, _KNOWN_STATEMENT: ""}
        mend = mends.get(_pgcode(error) or "")
        if mend is None:
            raise error
        return mend


def array_literal(items: Iterable[object]) -> str:
    """Return an array as the text that PostgreSQL reads as an array parameter; psycopg2 would write a list as an expression to evaluate."""
    return "{" + ",".join('"' + str(item).replace("\\", "\\\\").replace('"', '\\"') + '"' for item in items) + "}"


def _with_parameters(text: str, types: Sequence[str]) -> str:
    """Return the query as the driver takes it: `%(1)s::int` instead of `$1`."""
    return re.sub(r"\$(\d+)", lambda found: f"%({found[1]})s::{types[int(found[1]) - 1]}", text.strip().replace("%", "%%"))


def _pgcode(error: Exception) -> str | None:
    return getattr(error.__cause__, "pgcode", None)


def _sent(statement: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        return _fetched(cursor, statement, values)


def _fetched(cursor: Any, statement: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    cursor.execute(statement, values)
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
