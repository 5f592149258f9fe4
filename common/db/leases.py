"""Leases in PostgreSQL: a periodic job runs once, however many schedulers ask for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection


@contextmanager
def lease(name: str, *, lasting: timedelta) -> Iterator[bool]:
    """Try to take the lease `name`; yield whether we have it. It is returned at the end, or expires after `lasting` if we die."""
    with connection.cursor() as cursor:
        # One statement decides: the loser's UPDATE finds its condition false once the winner has committed.
        cursor.execute(
            "INSERT INTO common_joblease (name, held_until) VALUES (%s, clock_timestamp() + make_interval(secs => %s))"
            " ON CONFLICT (name) DO UPDATE SET held_until = excluded.held_until"
            " WHERE common_joblease.held_until < clock_timestamp() RETURNING held_until",
            [name, lasting.total_seconds()],
        )
        row = cursor.fetchone()
    if row is None:
        yield False
        return
    try:
        yield True
    finally:
        with connection.cursor() as cursor:
            # Only our own lease: if ours has expired, somebody else may have it now.
            cursor.execute(
                "UPDATE common_joblease SET held_until = clock_timestamp() WHERE name = %s AND held_until = %s",
                [name, row[0]],
            )
