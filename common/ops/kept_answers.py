"""Answers that were signed a moment ago and may be given again. Pure: knows no Django."""

from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class KeptAnswers(Generic[Answer]):
    """A bounded number of answers, each for a bounded time. Safe to use from many threads.

    Args:
        most: answers kept at once; the oldest makes room.
    """

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._kept: dict[Hashable, tuple[float, Answer]] = {}
        self._lock = Lock()

    def get(self, key: Hashable, *, now: float) -> Answer | None:
        """Return the answer kept under this key, unless its time is over."""
        until, answer = self._kept.get(key, (now, None))
        return answer if now < until else None

    def keep(self, key: Hashable, answer: Answer, *, until: float) -> None:
        """Keep an answer; times are seconds since 1970."""
        with self._lock:
            self._kept.pop(key, None)  # an answer given anew is the youngest
            while len(self._kept) >= self._most:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = (until, answer)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)
