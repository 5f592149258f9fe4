"""Fencing: a transaction of a job that is no longer the newest holder of its lease is refused by the database.

The row with a lease's highest fencing number is read FOR SHARE by the first statement of each transaction of the holder. A successor raises
the number before it begins, for which it waits until those transactions have ended; whatever comes after finds a higher number.
So the writes of two holders never overlap, whatever their clocks say and however long one of them was stopped.
"""

from collections.abc import Callable
from typing import Any, Final

from django.db import connection, transaction
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from common.db.leases.database import WAIT_MS, StillWriting, answering
from common.db.leases.protocol import LeaseLost

# A holder that stops in the middle of a transaction keeps its successor waiting: after so many of its lease's durations PostgreSQL ends it.
IDLE_LEASES: Final = 3
_REQUIRE = """
SET LOCAL idle_in_transaction_session_timeout = %s;
SELECT true FROM common_jobfence WHERE name = %s AND number = %s FOR SHARE
"""


_RAISE = """
SET LOCAL lock_timeout = %s;
INSERT INTO common_jobfence (name, number) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET number = excluded.number
WHERE common_jobfence.number < excluded.number RETURNING true
"""


class Fence:
    """A wrapper of a connection's statements (Django, "Database instrumentation") that lets the writes of one grant through.

    Each statement is a safe point for a job to be stopped at. The first of a transaction costs a round trip more, for one row by its key.

    Args:
        name: of the lease.
        number: the grant's.
        seconds: the lease's duration.
        check: raises `LeaseLost` if the holder must stop for what it knows itself.
    """

    def __init__(self, *, name: str, number: int, seconds: float, check: Callable[[], None]) -> None:
        self._row = (int(seconds * IDLE_LEASES * 1000), name, number)
        self._check = check

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:  # noqa: FBT001  Django's signature
        self._check()
        database = context["connection"]
        if database.in_atomic_block:
            if _begins_transaction(database):
                self._require(database)
            return execute(sql, params, many, context)
        if _only_reads(sql):
            return execute(sql, params, many, context)
        with transaction.atomic():
            self._require(database)
            return execute(sql, params, many, context)

    def _require(self, database: Any) -> None:
        # The driver's own cursor: the caller's may be one that can execute once, and Django's would come back to us.
        with database.wrap_database_errors, database.connection.cursor() as cursor:
            cursor.execute(_REQUIRE, self._row)
            if cursor.fetchone() is None:
                name, number = self._row[1:]
                raise LeaseLost(f"Somebody else runs {name}: number {number} may not write any more.")


def highest_number(name: str) -> int:
    """Return the highest fencing number that a lease ever had, 0 if it had none."""
    with answering(), connection.cursor() as cursor:
        cursor.execute("SELECT number FROM common_jobfence WHERE name = %s", [name])
        row = cursor.fetchone()
    return row[0] if row else 0


def raise_number(name: str, number: int) -> bool:
    """Make a number the highest of its lease, so that all earlier holders are fenced off.

    Return False if there is one as high already, or if a transaction of an earlier holder does not end soon.
    """
    try:
        with answering(), connection.cursor() as cursor:
            cursor.execute(_RAISE, [WAIT_MS, name, number])
            return cursor.fetchone() is not None
    except StillWriting:
        return False


def _begins_transaction(database: Any) -> bool:
    """Whether the next statement is a transaction's first: the driver begins one only then."""
    return bool(database.connection.info.transaction_status == TRANSACTION_STATUS_IDLE)


def _only_reads(sql: Any) -> bool:
    return str(sql).lstrip()[:6].upper() == "SELECT"
