"""Row locks with a timeout, and named constraints as domain errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import IntegrityError, OperationalError, connection, models, transaction
from django.dispatch import Signal

from common.db.errors import LockTimeout
from common.errors import DomainError

LOCK_TIMEOUT_MS = 5_000
_LOCK_NOT_AVAILABLE, _DEADLOCK_DETECTED = "55P03", "40P01"  # PostgreSQL manual, appendix A
about_to_lock = Signal()  # sent with `rows` and `waits` before each lock; while tests run, a receiver compares it with config/lock_order.py
Row = TypeVar("Row", bound=models.Model)


def locked(rows: "models.QuerySet[Row]", *, skip_locked: bool = False) -> "models.QuerySet[Row]":
    """Return the query so that the rows it finds are locked until the caller's transaction ends; what they are joined with is not.

    The lock is FOR NO KEY UPDATE, what UPDATE itself takes: it keeps out everybody who locks or changes the row. FOR UPDATE would also keep
    out inserts of rows that refer to it, for a foreign key takes FOR KEY SHARE, and no primary key here ever changes (PostgreSQL manual,
    "Row-Level Locks").

    Args:
        rows: filtered already, and ordered by primary key where there may be several. Nouns have an order: config/lock_order.py.
        skip_locked: leave out what somebody else has locked, instead of waiting for it.

    Raises:
        RuntimeError: no transaction is open.
        OperationalError: when the query runs, if the wait is longer than the lock timeout; `locked_transaction` makes it `LockTimeout`.
    """
    require_atomic()
    about_to_lock.send(sender=rows.model, rows=rows, waits=not skip_locked)
    return rows.select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)


def require_atomic() -> None:
    """Make sure that a lock lasts until the caller's transaction ends, and that nobody waits longer than the lock timeout.

    The timeout is set once in a transaction, and again after a savepoint was rolled back in which it was set: PostgreSQL takes it back
    then, and Django forgets what was to be done on commit, so that the one tells of the other.

    Raises:
        RuntimeError: no transaction is open; the lock would end at once.
    """
    if not connection.in_atomic_block:
        msg = "Row locks are taken inside transaction.atomic()."
        raise RuntimeError(msg)
    if any(act is _timeout_was_set for _, act, *_ in connection.run_on_commit):
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = %s", [LOCK_TIMEOUT_MS])
    transaction.on_commit(_timeout_was_set)


def _timeout_was_set() -> None:
    """Do nothing: as long as it waits for the commit, the transaction has the timeout."""


@contextmanager
def locked_transaction() -> Iterator[None]:
    """Open a transaction in which a lock timeout or deadlock raises `LockTimeout`: nothing was changed, and the client may retry."""
    try:
        with transaction.atomic():
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) in {_LOCK_NOT_AVAILABLE, _DEADLOCK_DETECTED}:
            raise LockTimeout from error
        raise


@contextmanager
def translate_violation(constraint: str, error: DomainError) -> Iterator[None]:
    """Turn the violation of one named constraint into a domain error, inside a savepoint; others pass unchanged."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as violation:
        if getattr(getattr(violation.__cause__, "diag", None), "constraint_name", None) == constraint:
            raise error from violation
        raise
