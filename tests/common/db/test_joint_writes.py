"""Threads that write at the same moment share a commit, and no fault but their own."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import OperationalError

from common.db.joint_writes import JointWrites
from common.errors import RetryLater

SECONDS = 30


class Table:
    """Stands for a table: what is written to it stays until it is let go, so that others come meanwhile."""

    def __init__(self, *, most: int = 100, seconds: float = SECONDS) -> None:
        self.batches: list[list[str]] = []
        self.began, self.go_on = threading.Semaphore(0), threading.Semaphore(0)
        self.faults: dict[str, BaseException] = {}
        self.joint = JointWrites(self.write, most=most, seconds=seconds)

    def write(self, items: Sequence[str]) -> None:
        self.batches.append(list(items))
        self.began.release()
        assert self.go_on.acquire(timeout=SECONDS)
        for item in items:
            if item in self.faults:
                raise self.faults[item]

    def fill(self, pool: ThreadPoolExecutor, *items: str, weight: int = 1) -> list[Future[None]]:
        """Begin to write the first item, and let the others come while it is written."""
        futures = [pool.submit(self.joint.add, items[0], weight=weight)]
        assert self.began.acquire(timeout=SECONDS)
        for count, item in enumerate(items[1:], 1):
            futures.append(pool.submit(self.joint.add, item, weight=weight))
            until(lambda count=count: len(self.joint._waiting) == count)
        return futures

    def let_go(self, writes: int) -> None:
        for _ in range(writes):
            self.go_on.release()


def until(true) -> None:
    pause = threading.Event()
    while not true():
        pause.wait(0.001)


def outcomes(futures: Sequence[Future[None]]) -> list[type | None]:
    return [type(error) if (error := future.exception(timeout=SECONDS)) else None for future in futures]


@pytest.fixture
def pool():
    with ThreadPoolExecutor(max_workers=8) as threads:
        yield threads


def test_who_comes_while_others_write_is_written_together(pool) -> None:
    table = Table()
    futures = table.fill(pool, "a", "b", "c", "d")
    table.let_go(2)

    assert outcomes(futures) == [None] * 4
    assert table.batches == [["a"], ["b", "c", "d"]]


def test_what_is_written_at_once_has_a_limit_and_one_that_is_larger_goes_alone(pool) -> None:
    table = Table(most=5)
    futures = [*table.fill(pool, "a", "b", "c", "d", weight=2), pool.submit(table.joint.add, "large", weight=9)]
    until(lambda: len(table.joint._waiting) == 4)
    table.let_go(4)

    assert outcomes(futures) == [None] * 5
    assert table.batches == [["a"], ["b", "c"], ["d"], ["large"]]


def test_a_write_that_fails_fails_its_own_thread_alone(pool) -> None:
    table = Table()
    table.faults = {"c": ValueError("broken")}
    futures = table.fill(pool, "a", "b", "c", "d")
    table.let_go(5)

    assert outcomes(futures) == [None, None, ValueError, None]
    assert table.batches == [["a"], ["b", "c", "d"], ["b"], ["c"], ["d"]]


def test_a_lone_write_that_fails_is_not_repeated(pool) -> None:
    table = Table()
    table.faults = {"a": ValueError("broken")}
    table.let_go(1)

    assert outcomes([pool.submit(table.joint.add, "a")]) == [ValueError]
    assert table.batches == [["a"]]


def test_with_the_database_away_nobody_waits_for_it_once_more(pool) -> None:
    table = Table()
    table.faults = {"c": OperationalError("away")}
    futures = table.fill(pool, "a", "b", "c", "d", "e")
    table.let_go(4)

    assert outcomes(futures) == [None, None, OperationalError, OperationalError, OperationalError]
    assert table.batches == [["a"], ["b", "c", "d", "e"], ["b"], ["c"]]


def test_who_dies_while_writing_leaves_nobody_waiting(pool) -> None:
    table = Table()
    table.faults = {"b": SystemExit()}
    futures = table.fill(pool, "a", "b", "c")
    table.let_go(2)

    assert outcomes(futures) == [None, SystemExit, RetryLater]
    table.let_go(1)
    assert outcomes([pool.submit(table.joint.add, "later")]) == [None]


def test_who_waits_too_long_is_told_so_and_is_not_written(pool) -> None:
    table = Table(seconds=0)
    futures = [pool.submit(table.joint.add, "a")]
    assert table.began.acquire(timeout=SECONDS)

    with pytest.raises(RetryLater):
        table.joint.add("b")

    table.let_go(2)
    assert outcomes(futures) == [None]
    table.joint.add("c")
    assert table.batches == [["a"], ["c"]]


def test_who_is_being_written_when_the_wait_ends_hears_that_it_is_not_certain(pool) -> None:
    table = Table(seconds=0)
    first = pool.submit(table.joint.add, "a")
    assert table.began.acquire(timeout=SECONDS)
    entry = type("Entry", (), {"turn": threading.Event()})()  # has left the list, and is not written yet

    assert table.joint._withdrawn(entry) is True
    entry.turn.set()
    assert table.joint._withdrawn(entry) is False

    table.let_go(1)
    assert outcomes([first]) == [None]
