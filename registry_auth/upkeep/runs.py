"""Runs over rows of many sellers, each of which asks the registry: a row that fails is put off and stops no other."""

import logging
from collections.abc import Callable, Hashable
from datetime import timedelta
from time import monotonic
from typing import TypeVar

from celery.exceptions import SoftTimeLimitExceeded

from common.db.outages import FailureRun, begin_outage, end_outage, outages
from common.errors import RetryLater
from registry_auth.client.errors import RegistryAway, RegistryFailed
from registry_auth.client.registry import DEPENDENCY, TAKES_NO_CONNECTION, RegistryClient

logger = logging.getLogger(__name__)
MOST_FAILURES = 3  # of one row's questions; each may take as long as the registry hangs
Answer = TypeVar("Answer")


class RegistryRun:
    """One run: its time, and what it knows of the registry.

    Args:
        longest: after that the run is over.
    """

    def __init__(self, *, longest: timedelta) -> None:
        self._failures = FailureRun(DEPENDENCY)
        self._end = monotonic() + longest.total_seconds()

    def is_over(self) -> bool:
        """Whether its time is over. To be asked between two rows."""
        return monotonic() > self._end

    def try_row(
        self, act: Callable[[], object], *, origin: Hashable, put_off: Callable[[Exception], object], give_back: Callable[[], object]
    ) -> bool:
        """Do what is to be done for one row; return whether it went through.

        Args:
            origin: whose row it is.
            put_off: called if the row failed; if even that fails, the database is away and the run ends.
            give_back: called if it is no fault of the row.

        Raises:
            RegistryAway: it takes no connection, or fails alike for several sellers; then the run ends.
        """
        try:
            act()
        except RegistryAway as error:
            give_back()
            begin_outage(DEPENDENCY, reason=error.message)
            raise
        except RegistryFailed as error:
            put_off(error)
            if self._failures.failed(origin=origin, kind=error.kind):
                raise RegistryAway(f"The registry {error.kind} for several sellers.") from error
        except RetryLater:
            give_back()
        except SoftTimeLimitExceeded:  # the whole task's, and no fault of this row
            give_back()
            raise
        except Exception as error:  # whatever one row makes us stumble over stops no other
            logger.exception("a row failed, and stops no other", extra={"origin": str(origin)})
            put_off(error)
        else:
            self._failures.succeeded()
            return True
        return False


def look_for_registry(registry: RegistryClient) -> None:
    """See whether a registry that took no connection is back. Where it failed for rows, these say so when they are tried again."""
    away = outages().filter(dependency=DEPENDENCY).first()
    if away is not None and away.reason.startswith(TAKES_NO_CONNECTION):
        registry.answers()
        end_outage(DEPENDENCY)


class Questions:
    """The questions about one row: one that fails spares the others, until so many have failed that more would be a waste of time."""

    def __init__(self) -> None:
        self._failed: list[RegistryFailed] = []

    def ask(self, question: Callable[[], Answer], *, otherwise: Answer) -> Answer:
        """Return the answer, or what stands for it.

        Raises:
            RegistryFailed: this was the last failure that a row may have.
        """
        try:
            return question()
        except RegistryFailed as error:
            self._failed.append(error)
            if len(self._failed) >= MOST_FAILURES:
                raise
            return otherwise

    def raise_first(self) -> None:
        """Raise the first failure, if there was one."""
        if self._failed:
            raise self._failed[0]
