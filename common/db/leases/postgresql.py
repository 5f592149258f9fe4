"""Leases in PostgreSQL. Its clock alone decides when a lease has run out."""

from collections.abc import Sequence
from time import monotonic
from typing import Any, Final

from django.db import connection

from common.db.leases.database import WAIT_MS, StillWriting, answering
from common.db.leases.protocol import Clock, Grant, new_holder

_PATIENCE_MS: Final = 4_000  # for an answer: a renewal that takes longer would come too late
# Each is sent as one text, which is one transaction (PostgreSQL manual, "Multiple Statements in a Simple Query"): a process that is stopped
# leaves none open. The lease is taken and its number raised together, or neither.
_ACQUIRE = """
SET LOCAL lock_timeout = %(wait)s; SET LOCAL statement_timeout = %(patience)s;
WITH taken AS (
    INSERT INTO common_joblease (name, holder, held_until)
    VALUES (%(name)s, %(holder)s, clock_timestamp() + make_interval(secs => %(seconds)s))
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
    WHERE common_joblease.held_until <= clock_timestamp() RETURNING name
)
INSERT INTO common_jobfence (name, number) SELECT name, 1 FROM taken
ON CONFLICT (name) DO UPDATE SET number = common_jobfence.number + 1 RETURNING number
"""
_RENEW = """
SET LOCAL statement_timeout = %(patience)s;
UPDATE common_joblease SET held_until = clock_timestamp() + make_interval(secs => %(seconds)s)
WHERE name = %(name)s AND holder = %(holder)s RETURNING true
"""
_RELEASE = """
SET LOCAL statement_timeout = %(patience)s;
UPDATE common_joblease SET held_until = clock_timestamp() WHERE name = %(name)s AND holder = %(holder)s RETURNING true
"""


class PostgreSQLLeases:
    """A row for each lease, and beside it the row with its fencing number, which the holder's transactions look at."""

    def __init__(self, *, clock: Clock = monotonic) -> None:
        self._clock = clock

    def acquire(self, names: Sequence[str], *, seconds: float) -> Grant | None:
        for name in names:
            began, holder = self._clock(), new_holder()
            row = self._take(name, holder, seconds)
            if row:
                return Grant(name, holder, row[0], began + seconds)
        return None

    def renew(self, grant: Grant, *, seconds: float) -> bool:
        return bool(_run(_RENEW, name=grant.name, holder=grant.holder, seconds=seconds))

    def release(self, grant: Grant) -> None:
        _run(_RELEASE, name=grant.name, holder=grant.holder)

    def _take(self, name: str, holder: str, seconds: float) -> tuple[Any, ...] | None:
        try:
            return _run(_ACQUIRE, name=name, holder=holder, seconds=seconds)
        except StillWriting:
            return None


def _run(statement: str, **values: str | float) -> tuple[Any, ...] | None:
    with answering(), connection.cursor() as cursor:
        cursor.execute(statement, values | {"wait": WAIT_MS, "patience": _PATIENCE_MS})
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row
