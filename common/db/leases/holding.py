"""Holding a lease while a job runs: it is short, and renewed in the background, so that a successor of a holder that dies waits seconds."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import cache
from threading import Event, Thread
from time import monotonic
from typing import Final

from django.conf import settings
from django.db import connection

from common.db.leases.fence import Fence
from common.db.leases.metrics import note_lease
from common.db.leases.postgresql import PostgreSQLLeases
from common.db.leases.protocol import Grant, LeaseLost, LeaseStore, LeaseStoreAway

logger = logging.getLogger(__name__)
_RENEWALS: Final = 3  # within a lease's duration: two may fail


@contextmanager
def lease(*names: str, lasting: timedelta | None = None, fenced: bool = True) -> Iterator[bool]:
    """Try to take one of these leases; yield whether we have one. It is renewed until the end, and runs out after its duration if we die.

    Inside, each statement to the database raises `LeaseLost` once the lease may be somebody else's: by our own clock, and by the fencing
    number in the database, whose transaction refuses it (`common.db.leases.fence`).

    Args:
        names: of the leases that will do.
        lasting: how long it lasts unless it is renewed; by the settings, if left out.
        fenced: whether writes are refused when the lease is lost. Without it a lease only limits how many work at a time.

    Raises:
        LeaseStoreAway: it cannot be told whether we may have it.
    """
    seconds = lasting.total_seconds() if lasting else settings.LAYERSTORE_LEASE_SECONDS
    store = lease_store()
    try:
        grant = store.acquire(names, seconds=seconds)
    except LeaseStoreAway:
        note_lease(names[0], "away")
        raise
    note_lease(names[0], "granted" if grant else "held")
    if grant is None:
        yield False
        return
    with _held(store, grant, seconds, fenced=fenced):
        yield True


@cache
def lease_store() -> LeaseStore:
    """Return this process's store of leases: the one that the settings name."""
    if settings.LAYERSTORE_LEASES == "dynamodb":
        from common.db.leases.dynamodb import DynamoDBLeases  # noqa: PLC0415  where it is not switched on, boto3 is not installed

        return DynamoDBLeases.from_settings()
    return PostgreSQLLeases()


@contextmanager
def _held(store: LeaseStore, grant: Grant, seconds: float, *, fenced: bool) -> Iterator[None]:
    renewal = Renewal(store, grant, seconds)
    renewal.start()
    try:
        with ExitStack() as fences:
            if fenced:
                fences.enter_context(connection.execute_wrapper(renewal.fence()))
            yield
    except LeaseLost:
        note_lease(grant.name, "lost")
        raise
    finally:
        renewal.end()
        _release(store, grant)


def _release(store: LeaseStore, grant: Grant) -> None:
    try:
        store.release(grant)
    except LeaseStoreAway as error:
        logger.warning("lease not released, it runs out by itself", extra={"lease": grant.name, "why": str(error)})


class Renewal:
    """Renews a lease three times within its duration, in a thread with a connection of its own, until it ends."""

    def __init__(self, store: LeaseStore, grant: Grant, seconds: float) -> None:
        self._store = store
        self._grant = grant
        self._seconds = seconds
        self._until = grant.until
        self._ended = Event()
        self._thread = Thread(target=self._run, name=f"lease {grant.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Return once the thread has ended."""
        self._ended.set()
        self._thread.join()

    def check(self) -> None:
        """Raise `LeaseLost` if the last renewal is too long ago, or somebody else has the lease: the holder must stop."""
        if monotonic() >= self._until:
            raise LeaseLost(f"The lease of {self._grant.name} was not renewed in time.")

    def fence(self) -> Fence:
        """Return what lets the holder's writes through."""
        return Fence(name=self._grant.name, number=self._grant.number, seconds=self._seconds, check=self.check)

    def _run(self) -> None:
        pause = self._seconds / _RENEWALS
        try:
            while not self._ended.wait(pause):
                if not self._renew():
                    self._until = float("-inf")
                    return
        finally:
            connection.close()

    def _renew(self) -> bool:
        """Renew once; return whether we may still have the lease."""
        asked = monotonic()
        try:
            renewed = self._store.renew(self._grant, seconds=self._seconds)
        except LeaseStoreAway as error:
            logger.warning("lease not renewed yet", extra={"lease": self._grant.name, "why": str(error)})
            return True
        if renewed:
            self._until = asked + self._seconds
        return renewed
