"""The marks of the last ten minutes in little memory: how a consumer knows a repetition.

Hash tables of eight bytes a place, in memory that is asked for whole and never moved: a Python set would take seven times as much.
A table takes marks until two thirds of it are used or five minutes are over, and is dropped ten minutes after its last mark.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

PLACES: Final = 1 << 23  # 64 MiB, of which the kernel gives what is used: 5.6 million marks
FULL: Final = 2 / 3
TABLE_SECONDS: Final = 300.0
KEPT_SECONDS: Final = 600.0


@dataclass(slots=True)
class _Table:
    places: memoryview
    began: float
    last: float
    used: int = 0


class RecentMarks:
    """The marks that were seen in the last ten to fifteen minutes. A mark is one of 2⁶³ and kept whole.

    Exact but for two different events with the same mark: with a hundred million in memory, one event in 10¹¹ would not be counted.

    Args:
        places: of a table, a power of two.
    """

    def __init__(self, *, places: int = PLACES, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = places
        self._clock = clock
        self._tables = [self._new_table()]

    def add(self, marks: Sequence[int]) -> list[int]:
        """Add marks; return the places, in the sequence, of those that were there before or stand twice in it."""
        repeated: list[int] = []
        begin = 0
        while begin < len(marks):
            table = self._current()
            some = marks[begin : begin + self._room(table)]
            self._fill(table, some, begin, repeated)
            begin += len(some)
        return repeated

    def _fill(self, table: _Table, marks: Sequence[int], begin: int, repeated: list[int]) -> None:
        places, mask, before = table.places, self._size - 1, len(repeated)
        older = [each.places for each in self._tables if each is not table]
        for number, mark in enumerate(marks, begin):
            place = mark & mask
            while held := places[place]:
                if held == mark:
                    repeated.append(number)
                    break
                place = (place + 1) & mask
            else:
                if older and _is_in(older, mark, mask):
                    repeated.append(number)
                else:
                    places[place] = mark
        table.used += len(marks) - (len(repeated) - before)
        table.last = self._clock()

    def _current(self) -> _Table:
        now, table = self._clock(), self._tables[-1]
        if self._room(table) and now - table.began < TABLE_SECONDS:
            return table
        kept = [each for each in self._tables if now - each.last < KEPT_SECONDS]
        self._tables = [*kept, self._new_table()]
        return self._tables[-1]

    def _room(self, table: _Table) -> int:
        return int(self._size * FULL) - table.used

    def _new_table(self) -> _Table:
        now = self._clock()
        return _Table(memoryview(bytearray(8 * self._size)).cast("q"), began=now, last=now)


def _is_in(tables: Iterable[memoryview], mark: int, mask: int) -> bool:
    for places in tables:
        place = mark & mask
        while held := places[place]:
            if held == mark:
                return True
            place = (place + 1) & mask
    return False
