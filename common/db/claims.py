"""Rows that are tried until they succeed: claimed when due, retried later after each failure, at last given up. One row stops no other."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from django.db import models
from django.utils import timezone
from prometheus_client import Counter

from common.db.locking import locked, locked_transaction

logger = logging.getLogger(__name__)
ERROR_LENGTH: Final = 500
_GIVEN_UP = Counter("layerstore_rows_given_up_total", "Rows whose work was given up: staff must look.", ["model"])
UNFINISHED: Final = "No attempt was finished: each worker that tried it died or was stopped."


class Attempt(models.Model):
    """The fields that a row needs for this: number of attempts, when it is due, the last error, and when it was given up.

    These fields do not say that a row is done; the caller's query leaves such rows out.
    """

    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    due_at = models.DateTimeField(default=timezone.now, editable=False)
    last_error = models.CharField(max_length=ERROR_LENGTH, blank=True, editable=False)
    given_up_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long one kind of row waits between attempts.

    Attributes:
        first: the wait after the first attempt; each later one is twice as long.
        longest: no wait is longer than this.
        most: attempts before the row is given up; None to never give up.
    """

    first: timedelta
    longest: timedelta
    most: int | None = None

    def wait(self, attempts: int) -> timedelta:
        """Return how long to wait after so many attempts, at least one."""
        doublings = min(max(attempts - 1, 0), 30)
        return min(self.first * (1 << doublings), self.longest)


Row = TypeVar("Row", bound=Attempt)


def claim_due(rows: "models.QuerySet[Row]", *, backoff: Backoff, most: int) -> list[Row]:
    """Claim due rows, in the order of the query; no other worker gets them before their next attempt would be due.

    The attempt is counted before it is made: a worker that dies in the middle leaves a row that becomes due again, later each time, and is
    given up like one that fails. A row that another worker has locked is skipped.

    Args:
        rows: those that are not done, without a filter on `due_at` or `given_up_at`.
        most: how many at once; each must be tried before its claim runs out.
    """
    now = timezone.now()
    due = rows.filter(due_at__lte=now, given_up_at__isnull=True)
    if not due.exists():  # as nearly always: a sweep asks every few seconds, and needs no transaction for it
        return []
    with locked_transaction():
        found = list(locked(due[:most], skip_locked=True))
        spent = [row for row in found if backoff.most is not None and row.attempts >= backoff.most]
        for row in spent:
            note_failure(row, row.last_error or UNFINISHED, backoff=backoff)
            logger.error("row given up, no worker finished an attempt", extra={"row": row._meta.label, "key": str(row.pk)})
        claimed = [row for row in found if row not in spent]
        for row in claimed:
            row.attempts += 1
            row.due_at = now + backoff.wait(row.attempts)
            row.save(update_fields=["attempts", "due_at"])
    return claimed


def note_failure(row: Attempt, error: object, *, backoff: Backoff, final: bool = False) -> bool:
    """Record why an attempt failed; return whether the row was given up.

    Args:
        error: what staff will read.
        final: whether another attempt cannot help.
    """
    row.last_error = (f"{type(error).__name__}: {error}" if isinstance(error, Exception) else str(error))[:ERROR_LENGTH]
    given_up = final or (backoff.most is not None and row.attempts >= backoff.most)
    row.given_up_at = timezone.now() if given_up else None
    if given_up:
        _GIVEN_UP.labels(row._meta.label_lower).inc()
    changed: Sequence[str] = ("last_error", "given_up_at")
    _rows(row).update(**{name: getattr(row, name) for name in changed})
    return given_up


def put_off(row: Attempt, error: object, *, backoff: Backoff) -> bool:
    """Count a failed attempt of a row that was not claimed, and retry it later; return whether it was given up.

    For work that is not queued, as checking each image in turn: the row counts how often that failed. The caller holds the job's lease.
    """
    row.attempts += 1
    row.due_at = timezone.now() + backoff.wait(row.attempts)
    _rows(row).update(attempts=row.attempts, due_at=row.due_at)
    return note_failure(row, error, backoff=backoff)


def put_back(rows: Sequence[Attempt], *, due_at: datetime | None = None) -> None:
    """Return claimed rows whose attempt was not made, for no fault of theirs: it does not count, and they are due again.

    Args:
        due_at: now, if left out.
    """
    for row in rows:
        row.attempts = max(row.attempts - 1, 0)
        row.due_at = due_at or timezone.now()
        _rows(row).update(attempts=row.attempts, due_at=row.due_at)


def try_again(row: Attempt) -> None:
    """Reset a row so that it is tried now: staff asked for it, or what it waited for has changed. The caller has locked it."""
    fresh: dict[str, Any] = {"attempts": 0, "due_at": timezone.now(), "last_error": "", "given_up_at": None}
    for name, value in fresh.items():
        setattr(row, name, value)
    _rows(row).update(**fresh)


def _rows(row: Attempt) -> "models.QuerySet[Attempt]":
    manager: models.Manager[Attempt] = type(row)._default_manager  # noqa: SLF001 - Django, "Default managers": its name for generic code
    return manager.filter(pk=row.pk)
