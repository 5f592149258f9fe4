"""A small cache inside one process, for answers that may be given more than once. Pure: knows no Django."""

from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class AnswerCache(Generic[Value]):
    """A bounded number of answers, each for a bounded time. Safe to use from many threads.

    Args:
        most: entries at once; the oldest one makes room for a new one.
    """

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._entries: dict[Hashable, tuple[float, Value]] = {}
        self._lock = Lock()

    def get(self, key: Hashable, *, now: float) -> Value | None:
        """Return what is cached under this key, or None if there is nothing or its time is over."""
        until, value = self._entries.get(key, (now, None))
        return value if now < until else None

    def put(self, key: Hashable, value: Value, *, until: float) -> None:
        """Cache a value until then; times are seconds since 1970."""
        with self._lock:
            self._entries.pop(key, None)  # a value that is put again becomes the newest
            while len(self._entries) >= self._most:
                del self._entries[next(iter(self._entries))]
            self._entries[key] = (until, value)

    def clear(self) -> None:
        """Remove all entries."""
        with self._lock:
            self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)
