"""Prepared statements, planned once for each connection: PostgreSQL takes five times longer to plan the policy's joins than to run them."""

from collections.abc import Iterable, Sequence
from typing import Any
from weakref import WeakSet

from django.db import DEFAULT_DB_ALIAS, NotSupportedError, OperationalError, connection, connections

_UNKNOWN_STATEMENT = "26000"  # PostgreSQL manual, appendix A: invalid_sql_statement_name
_OUTDATED_STATEMENT = "0A000"  # feature_not_supported: "cached plan must not change result type", after a migration


class PreparedStatement:
    """One statement, prepared by its first use on a connection and only executed after that; each use is one round trip.

    A new connection prepares anew. One whose statements were thrown away (`DISCARD`, `DEALLOCATE`) prepares again, and one whose statements
    a migration has outdated gives way to a new one; unless it is inside a transaction, which PostgreSQL then aborts. Prepared statements
    belong to a server's session: a pooler between us and PostgreSQL must hand out whole sessions, not transactions.

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

    def rows(self, *values: Any) -> list[tuple[Any, ...]]:
        """Return all rows for these parameters."""
        try:
            return self._run("", values)
        except (OperationalError, NotSupportedError) as error:
            if not self._may_mend(getattr(error.__cause__, "pgcode", None)):
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


def array_literal(items: Iterable[object]) -> str:
    """Return an array as the text that PostgreSQL reads as an array parameter; psycopg2 would write a list as an expression to evaluate."""
    return "{" + ",".join('"' + str(item).replace("\\", "\\\\").replace('"', '\\"') + '"' for item in items) + "}"


def _fetched(cursor: Any, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    cursor.execute(statement, values)
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
