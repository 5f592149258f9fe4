"""A circuit breaker: what did not answer in time is not called again for some seconds, so that nobody waits for it again and again."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

logger = logging.getLogger(__name__)
OPEN_SECONDS: Final = 5.0


class CircuitBreaker:
    """Guards calls to one dependency that clients wait for, at one or several addresses.

    A dependency that hangs costs a few threads one timeout instead of delaying every request: the circuit of its address opens, and calls
    fail at once. When it has been open for OPEN_SECONDS one caller may try (it is half open); the others go on failing until that call
    was answered.

    Args:
        name: of the dependency, for the log.
        timeouts: the exceptions that mean that it did not answer; any other is an answer.
        refusal: makes the exception that is raised while the circuit is open.
    """

    def __init__(self, name: str, *, timeouts: tuple[type[Exception], ...], refusal: Callable[[], Exception]) -> None:
        self._name = name
        self._timeouts = timeouts
        self._refusal = refusal
        self._open_until: dict[str, float] = {}
        self._lock = threading.Lock()

    @contextmanager
    def call(self, address: str, *, lost: str) -> Iterator[None]:
        """Call the dependency inside this block.

        Args:
            lost: what has no effect if it does not answer, for the log.

        Raises:
            Exception: what `refusal` makes, if the circuit is open; else whatever the call raises.
        """
        if address in self._open_until and not self._may_try(address):
            raise self._refusal()
        try:
            yield
        except self._timeouts:
            self._open_until[address] = monotonic() + OPEN_SECONDS
            logger.warning("%s for some seconds: %s away", lost, self._name)
            raise
        except Exception:
            self._open_until.pop(address, None)
            raise
        self._open_until.pop(address, None)

    def close(self) -> None:
        """Close the circuit of every address: the next call is made."""
        self._open_until.clear()

    def _may_try(self, address: str) -> bool:
        with self._lock:
            if monotonic() < self._open_until.get(address, 0.0):
                return False
            self._open_until[address] = monotonic() + OPEN_SECONDS
            return True
