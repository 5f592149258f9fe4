"""Processes that ask for leases as workers do, forked from one that has loaded the shop: tests and measurements kill and stop them.

    python -m tools.bench.lease_workers [SECONDS]    the leases' duration, else the shop's; then a job on each line of the input

Each runs one long periodic job whenever it can have its lease. The job notes each act in the database, so that whoever looks can tell which
run did what and in which order. While it acts, a run has at most 50 ms between two notes.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from types import TracebackType
from typing import Final, Self

from tools.stack.instance import ROOT

TABLES: Final = """
CREATE UNLOGGED TABLE IF NOT EXISTS lease_acts (id bigserial PRIMARY KEY, job text, run text, pid int, at float8);
CREATE UNLOGGED TABLE IF NOT EXISTS lease_ends (id bigserial PRIMARY KEY, job text, run text, pid int, why text);
"""
# Of each run the first and the last act. A run whose acts are not all before those of the next acted beside it.
ACTED_TWICE: Final = """
SELECT count(*) FROM (
    SELECT job, max(id) AS last, lead(min(id)) OVER (PARTITION BY job ORDER BY min(id)) AS next FROM lease_acts GROUP BY job, run
) AS runs WHERE last > next
"""
PAUSE_SECONDS: Final = 0.05
EVERY_SECONDS: Final = 1.0  # a process asks again: as often as a scheduler queues the job
_PR_SET_PDEATHSIG = 1  # prctl(2)


class LeaseWorkers:
    """The process that others are forked from; all of them end with the context.

    Args:
        environment: of the shop.
        seconds: the leases' duration; the shop's own, if left out.
    """

    def __init__(self, environment: Mapping[str, str], *, seconds: float | None = None) -> None:
        self._environment = environment
        self._arguments = [str(seconds)] if seconds else []
        self._pids: list[int] = []

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tools.bench.lease_workers", *self._arguments],
            cwd=ROOT,
            env=dict(self._environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.end()
        self._process.communicate(timeout=30)

    def start(self, job: str, *, trusting: bool = False) -> int:
        """Start a process that asks for this job's lease again and again; return its id.

        Args:
            trusting: it never doubts its lease by its own clock, as if it were always stopped between looking at it and writing: only the
                database can refuse what it writes.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{job} {int(trusting)}\n")
        self._process.stdin.flush()
        self._pids.append(int(self._process.stdout.readline()))
        return self._pids[-1]

    def kill(self, pid: int) -> None:
        """End a process as the kernel does when memory is short."""
        os.kill(pid, signal.SIGKILL)
        self._pids.remove(pid)

    def end(self) -> None:
        """Kill all that run."""
        for pid in list(self._pids):
            self.kill(pid)


def main(seconds: float | None) -> None:
    """Set up the shop, make the tables, and fork a process for each line of the input until it ends."""
    import django  # noqa: PLC0415  whoever only starts this process needs no shop

    django.setup()
    from django.conf import settings  # noqa: PLC0415  the same
    from django.db import connection  # noqa: PLC0415  the same

    if seconds:
        settings.LAYERSTORE_LEASE_SECONDS = seconds
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
    connection.close()  # none is shared with a child
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    for line in sys.stdin:
        job, trusting = line.split()
        pid = os.fork()
        if pid == 0:
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            _ask_forever(job, trusting=trusting == "1")
        print(pid, flush=True)


def _ask_forever(job: str, *, trusting: bool) -> None:
    from django.db import Error, connection  # noqa: PLC0415  once Django is set up

    from common.db.leases import holding  # noqa: PLC0415  once Django is set up
    from common.jobs import periodic  # noqa: PLC0415  once Django is set up

    if trusting:
        holding.Renewal.check = lambda self: None  # type: ignore[method-assign]  # noqa: ARG005  its own clock, switched off
    runs = (f"{os.getpid()}:{number}" for number in count())

    def act() -> None:
        _act_for_long(job, next(runs))

    act.__name__ = job
    task = periodic(every=1, lane="default", limit=3600)(act)
    while True:
        try:
            task()
        except Error:  # the database is away
            connection.close()
        time.sleep(EVERY_SECONDS)


def _act_for_long(job: str, run: str) -> None:
    from django.db import Error, connection  # noqa: PLC0415  once Django is set up

    try:
        while True:
            with connection.cursor() as cursor:
                values = (job, run, os.getpid(), time.monotonic())
                cursor.execute("INSERT INTO lease_acts (job, run, pid, at) VALUES (%s, %s, %s, %s)", values)
            time.sleep(PAUSE_SECONDS)
    except Error as error:
        _note_end(job, run, type(error).__name__)
        raise


def _note_end(job: str, run: str, why: str) -> None:
    """Note why a run ended, on a connection that knows of no lease."""
    from django.db import Error, connections  # noqa: PLC0415  once Django is set up

    beside = connections.create_connection("default")
    with suppress(Error), beside.cursor() as cursor:  # it may be away, which was the reason
        cursor.execute("INSERT INTO lease_ends (job, run, pid, why) VALUES (%s, %s, %s, %s)", (job, run, os.getpid(), why))
    beside.close()


if __name__ == "__main__":
    main(float(sys.argv[1]) if sys.argv[1:] else None)
