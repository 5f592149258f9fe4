"""Rows that several threads write at the same moment, as one statement and one commit: what a commit costs is paid once for all."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext

from common.errors import RetryLater

logger = logging.getLogger(__name__)
Item = TypeVar("Item")


@dataclass(eq=False, slots=True)
class _Entry(Generic[Item]):
    """What one thread wants written. Its turn comes when it is written, or when it is to write for all that wait."""

    item: Item
    weight: int
    turn: threading.Event = field(default_factory=threading.Event)
    done: bool = False
    error: Exception | None = None


class JointWrites(Generic[Item]):
    """Writes the items of threads together. Whoever comes while nobody writes, writes at once; who comes meanwhile waits for the next turn.

    An item that cannot be written fails its own thread alone: where a joint write fails, each is written by itself.

    Args:
        write: writes all of the items in one transaction, or none.
        most: how much is written at once, as a sum of weights; an item that is heavier is written alone.
        seconds: for how long a thread waits at most.
    """

    def __init__(self, write: Callable[[Sequence[Item]], None], *, most: int, seconds: float) -> None:
        self._write = write
        self._most = most
        self._seconds = seconds
        self._lock = threading.Lock()
        self._waiting: list[_Entry[Item]] = []
        self._led = False

    def add(self, item: Item, *, weight: int = 1) -> None:
        """Write an item; when this returns it is committed.

        Raises:
            RetryLater: those before us take too long. It may yet be written.
            Exception: what the write raised; the item is not written.
        """
        entry = _Entry(item, weight)
        with self._lock:
            leads, self._led = not self._led, True
            self._waiting.append(entry)
        if not leads and not entry.turn.wait(self._seconds) and self._withdrawn(entry):
            raise RetryLater(gettext("Too much is being written. Try again in a few seconds."))
        if not entry.done:
            self._lead()
        if entry.error is not None:
            raise entry.error

    def _withdrawn(self, entry: _Entry[Item]) -> bool:
        with self._lock:
            if entry in self._waiting and not entry.turn.is_set():
                self._waiting.remove(entry)
            return not entry.turn.is_set()

    def _lead(self) -> None:
        """Write what waits, our own first, and let the next one lead. However this ends, nobody is left waiting."""
        batch = self._take()
        try:
            self._write_together(batch)
        finally:
            with self._lock:
                for entry in batch:
                    if not entry.done:
                        entry.done, entry.error = True, RetryLater(gettext("This was not written. Try again in a few seconds."))
                    entry.turn.set()
                self._led = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].turn.set()

    def _take(self) -> list[_Entry[Item]]:
        with self._lock:
            count, weight = 1, self._waiting[0].weight
            while count < len(self._waiting) and (weight := weight + self._waiting[count].weight) <= self._most:
                count += 1
            batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    def _write_together(self, batch: Sequence[_Entry[Item]]) -> None:
        try:
            self._write([entry.item for entry in batch])
        except Exception as error:
            if len(batch) == 1:
                batch[0].error = error
            else:
                logger.warning("a joint write failed, each is written alone", exc_info=True)
                self._write_alone(batch)
        for entry in batch:
            entry.done = True

    def _write_alone(self, batch: Sequence[_Entry[Item]]) -> None:
        away: Exception | None = None
        for entry in batch:
            try:
                if away is None:
                    self._write([entry.item])
            except (OperationalError, InterfaceError) as error:
                away = error  # nobody need wait for that once more
            except Exception as error:  # noqa: BLE001  raised again in its own thread
                entry.error = error
                continue
            entry.error = away
