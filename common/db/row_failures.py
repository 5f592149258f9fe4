"""Loops over rows in which one row's failure is logged and does not stop the others."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError
from django.db.models import QuerySet

from common.errors import DomainError

logger = logging.getLogger(__name__)
Done = TypeVar("Done")
_BATCH: Final = 500


def isolate_failure(act: Callable[[], Done], *, row: object) -> Done | None:
    """Call `act` for one row; return its result, or None if it failed, which the log tells. The next run finds the row again.

    Args:
        row: its name in the log.

    Raises:
        OperationalError, InterfaceError: the database is away; the row is not at fault.
        SoftTimeLimitExceeded: the task has reached its time limit.
    """
    try:
        return act()
    except DomainError as error:  # somebody has locked it, or it changed since it was chosen
        logger.info("row left for the next run", extra={"row": str(row), "why": error.message})
    except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
        raise
    except Exception:
        logger.exception("row left for the next run", extra={"row": str(row)})
    return None


def act_on_each(rows: QuerySet[Any], act: Callable[[UUID], object], *, most: int) -> int:
    """Call `act` with the key of each row, in the order of keys, until it was done for so many; return for how many.

    One that fails, or for which there was nothing to do, is passed over and not counted: however many they are, the others are reached.

    Args:
        act: does one row's work in a transaction of its own, and returns something true if it did.

    Raises:
        OperationalError, InterfaceError, SoftTimeLimitExceeded: as `isolate_failure` says.
    """
    done, after = 0, UUID(int=0)
    while batch := list(rows.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:_BATCH]):
        for key in batch:
            if done == most:
                return done
            done += bool(isolate_failure(partial(act, key), row=key))
        after = batch[-1]
    return done
