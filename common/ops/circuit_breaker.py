"""Slow is not away: what did not answer in time is left alone for a while by this process, so that nobody waits for it again and again."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

logger = logging.getLogger(__name__)
LEFT_ALONE_SECONDS: Final = 5.0


class Dependency:
    """Something that clients wait for, at one or several addresses.

    So one that hangs takes a moment of a few threads, and not of each request. When its time alone is over one caller asks, and the others
    go on leaving it alone until that one was answered.

    Args:
        name: for the log.
        silent: the exceptions that mean that it did not answer; any other is an answer.
        alone: makes the exception for whoever would ask while it is left alone.
    """

    def __init__(self, name: str, *, silent: tuple[type[Exception], ...], alone: Callable[[], Exception]) -> None:
        self._name = name
        self._silent = silent
        self._alone = alone
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    @contextmanager
    def asked(self, address: str, *, lost: str) -> Iterator[None]:
        """Ask it inside this, where a client waits for the answer.

        Args:
            lost: what is without effect if it does not answer, for the log.

        Raises:
            Exception: what `alone` makes, if it did not answer a moment ago; whatever the asking raises.
        """
        if address in self._until and not self._may_ask(address):
            raise self._alone()
        try:
            yield
        except self._silent:
            self._until[address] = monotonic() + LEFT_ALONE_SECONDS
            logger.warning("%s for some seconds: %s away", lost, self._name)
            raise
        except Exception:
            self._until.pop(address, None)
            raise
        self._until.pop(address, None)

    def forget(self) -> None:
        """Ask again at once."""
        self._until.clear()

    def _may_ask(self, address: str) -> bool:
        with self._lock:
            if monotonic() < self._until.get(address, 0.0):
                return False
            self._until[address] = monotonic() + LEFT_ALONE_SECONDS
            return True
