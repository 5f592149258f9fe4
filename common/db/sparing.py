"""Loops over rows that must each be done by themselves: what goes wrong with one is logged, and stops no other."""

import logging
from collections.abc import Callable
from typing import TypeVar

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError

from common.errors import DomainError

logger = logging.getLogger(__name__)
Done = TypeVar("Done")


def sparing_others(act: Callable[[], Done], *, row: object) -> Done | None:
    """Do something for one row; return what it came to, None if it failed. The next run sees the row as it is then.

    Args:
        row: for the log.

    Raises:
        OperationalError, InterfaceError: the database is away, and no row is at fault.
        SoftTimeLimitExceeded: the whole task's time is over.
    """
    try:
        return act()
    except DomainError as error:  # somebody holds it, or it changed since it was chosen
        logger.info("row left for the next run", extra={"row": str(row), "why": error.message})
    except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
        raise
    except Exception:
        logger.exception("row left for the next run", extra={"row": str(row)})
    return None
