"""Leases in PostgreSQL: a periodic job runs once, however many schedulers ask for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import connection


@contextmanager
def lease(name: str, *, lasting: timedelta) -> Iterator[bool]:
    """Try to hold the job `name`; yield whether we do. Given back at the end, or free by itself after `lasting` if we die."""
    with connection.cursor() as cursor:
        # One statement decides: the loser's UPDATE finds the condition false after the winner's commit.
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
            # Only our own lease: one that ran out meanwhile may be somebody else's now.
            cursor.execute(
                "UPDATE common_joblease SET held_until = clock_timestamp() WHERE name = %s AND held_until = %s",
                [name, row[0]],
            )


@contextmanager
def lease_of_job(name: str) -> Iterator[bool]:
    """Try to hold a task of `LAYERSTORE_JOBS` for as long as it may run: nobody else runs it meanwhile, or waits for one that died."""
    with lease(name, lasting=timedelta(seconds=settings.LAYERSTORE_JOBS[name].limit)) as held:
        yield held
