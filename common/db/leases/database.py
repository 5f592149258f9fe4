"""How the database answers those who ask for leases: soon, not yet, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import InterfaceError, OperationalError, connection

from common.db.leases.protocol import LeaseStoreAway

WAIT_MS: Final = 2_000  # for the end of a transaction of somebody who had the lease before
_LOCK_NOT_AVAILABLE: Final = "55P03"  # PostgreSQL manual, appendix A


class StillWriting(Exception):
    """A transaction of the lease's last holder is open: until it has ended, nobody may begin."""


@contextmanager
def answering() -> Iterator[None]:
    """Tell the failures of a statement about leases apart.

    Raises:
        StillWriting: a row stayed locked.
        LeaseStoreAway: the database does not answer. The connection is closed, so that the next statement gets a new one.
    """
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if getattr(error.__cause__, "pgcode", None) == _LOCK_NOT_AVAILABLE:
            raise StillWriting from error
        if not connection.in_atomic_block:
            connection.close()
        raise LeaseStoreAway(f"PostgreSQL: {error}") from error
