"""Runs over rows of many sellers, with requests to the registry for each: a row that fails is put off and stops no other."""

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
from registry_auth.client.tokens import GIVES_NO_TOKEN

logger = logging.getLogger(__name__)
MOST_FAILURES = 3  # of one row's requests; each may take as long as the registry hangs
Result = TypeVar("Result")


class RegistryRun:
    """One run: how much time it has left, and whether the registry works.

    Args:
        longest: after that time the run is over.
    """

    def __init__(self, *, longest: timedelta) -> None:
        self._failures = FailureRun(DEPENDENCY)
        self._end = monotonic() + longest.total_seconds()

    def is_over(self) -> bool:
        """Whether its time is over. Check it between two rows."""
        return monotonic() > self._end

    def try_row(
        self, act: Callable[[], object], *, origin: Hashable, put_off: Callable[[Exception], object], give_back: Callable[[], object]
    ) -> bool:
        """Do the work for one row; return whether it succeeded.

        Args:
            origin: whose row it is.
            put_off: called if the row failed; if even that fails, the database is away and the run ends.
            give_back: called if the failure is not the row's fault.

        Raises:
            RegistryAway: it takes no connection, or fails in the same way for several sellers; the run ends.
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
        except SoftTimeLimitExceeded:  # the whole task ran out of time, which is not this row's fault
            give_back()
            raise
        except Exception as error:  # an unexpected failure of one row stops no other either
            logger.exception("a row failed; the others go on", extra={"origin": str(origin)})
            put_off(error)
        else:
            self._failures.succeeded()
            return True
        return False


def look_for_registry(registry: RegistryClient) -> None:
    """Check whether a registry that could not be used at all is back. If it failed for single rows, retrying them will tell."""
    away = outages().filter(dependency=DEPENDENCY).first()
    if away is not None and away.reason.startswith((TAKES_NO_CONNECTION, GIVES_NO_TOKEN)):
        registry.answers()
        end_outage(DEPENDENCY)


class RowRequests:
    """The requests for one row: the others go on after one that failed, until so many have failed that more would waste time."""

    def __init__(self) -> None:
        self._failed: list[RegistryFailed] = []

    def send(self, request: Callable[[], Result], *, otherwise: Result) -> Result:
        """Return the request's result, or the substitute if it failed.

        Raises:
            RegistryFailed: this was the last failure that one row may have.
        """
        try:
            return request()
        except RegistryFailed as error:
            self._failed.append(error)
            if len(self._failed) >= MOST_FAILURES:
                raise
            return otherwise

    def raise_first(self) -> None:
        """Raise the first failure, if there was one."""
        if self._failed:
            raise self._failed[0]
