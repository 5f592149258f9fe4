"""Processes forked from the one that has loaded the shop: they share its memory and end with it."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

# Blocked in the parent, which waits for them one by one: no handler can run between a fork and its bookkeeping.
AWAITED_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGCHLD)
_PR_SET_PDEATHSIG = 1  # prctl(2)


def fork(work: Callable[[], None]) -> int:
    """Start a process that runs `work` and ends. Return its id."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # the parent ended before prctl was called
        os._exit(1)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, AWAITED_SIGNALS)
    work()
    sys.exit(0)


def ended() -> list[int]:
    """Return the ids of the children that have ended since the last call."""
    pids = list[int]()
    try:
        while pid := os.waitpid(-1, os.WNOHANG)[0]:
            pids.append(pid)
    except ChildProcessError:  # none is left
        pass
    return pids


def children_of(pid: int) -> list[int]:
    """Return the ids of a process's children; none if it has ended."""
    try:
        return [int(number) for number in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except OSError:
        return []
