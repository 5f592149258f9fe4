"""Row locks that end in an error instead of a hang, and constraints that speak the domain's language."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, OperationalError, connection, transaction

from common.errors import DomainError, LockTimeout

LOCK_TIMEOUT_MS = 5_000
_LOCK_NOT_AVAILABLE, _DEADLOCK_DETECTED = "55P03", "40P01"  # PostgreSQL manual, appendix A


def require_atomic() -> None:
    """Make sure that a lock taken now is held until the caller's transaction ends, and never waited for without end.

    Raises:
        RuntimeError: no transaction is open; the lock would be gone at once.
    """
    if not connection.in_atomic_block:
        msg = "Row locks are taken inside transaction.atomic()."
        raise RuntimeError(msg)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = %s", [LOCK_TIMEOUT_MS])


@contextmanager
def locked_transaction() -> Iterator[None]:
    """Open a transaction in which a lock timeout or deadlock is `LockTimeout`, retryable, with nothing changed."""
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
