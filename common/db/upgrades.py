"""Changes of tables beside processes that use them: brief waits for locks, repeated, and one process at a time."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from django.core.management import CommandError
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

logger = logging.getLogger(__name__)
# While ALTER TABLE waits for its lock, everybody who wants to read the table waits behind it: so no longer than readers are used to wait.
LOCK_TIMEOUT_MS: Final = 2_000
PAUSES: Final = (1, 2, 4, 8, 15, 15, 30, 30, 60, 60, 60, 60)  # seconds, in which those who waited get through: almost six minutes
_LOCK_NOT_AVAILABLE, _DEADLOCK_DETECTED = "55P03", "40P01"  # PostgreSQL manual, appendix A
_NAME = "layerstore migrations"
_HOLDERS = "SELECT pid, now() - xact_start AS age, state, query FROM pg_stat_activity WHERE xact_start IS NOT NULL ORDER BY age DESC"


@contextmanager
def upgrading(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Let one process at a time change the tables; each of its statements waits for locks no longer than `LOCK_TIMEOUT_MS`.

    A second process waits until the first has ended or died. The settings are the session's, so the connection must not lead through a
    pooler that hands out transactions.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")  # a role may have a limit for requests; building an index takes as long as it takes
        cursor.execute("SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [_NAME])
        cursor.execute("SET lock_timeout = %s", [LOCK_TIMEOUT_MS])
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [_NAME])
                cursor.execute("RESET lock_timeout; RESET statement_timeout")


def repeat_while_locked(act: Callable[[], object], *, wait: Callable[[float], object] = time.sleep) -> None:
    """Call the act; repeat it after each pause of `PAUSES` while somebody else's transaction holds what it must lock.

    Args:
        act: leaves nothing half done when it fails, and goes on where it was when it is called again, as `migrate` does.
        wait: is given the seconds.

    Raises:
        CommandError: the lock was not to be had; says how to find who holds it.
    """
    for pause in (*PAUSES, None):
        try:
            act()
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", None) not in {_LOCK_NOT_AVAILABLE, _DEADLOCK_DETECTED}:
                raise
            if pause is None:
                raise CommandError(_advice(error)) from error
            logger.warning("a table is in use, the migration is repeated in %s s: %s", pause, str(error).splitlines()[0])
            wait(pause)
        else:
            return


def _advice(error: OperationalError) -> str:
    return (
        f"A transaction holds a table for longer than a migration may wait: {str(error).splitlines()[0]}. "
        "What was not migrated is unchanged. "
        f"Find it with: {_HOLDERS}; end it or wait for its end, then start migrate again."
    )
