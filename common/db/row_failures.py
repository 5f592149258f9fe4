"""Loops over rows in which one row's failure is logged and does not stop the others."""

import logging
from collections.abc import Callable
from typing import TypeVar

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError

from common.errors import DomainError

logger = logging.getLogger(__name__)
Done = TypeVar("Done")


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
