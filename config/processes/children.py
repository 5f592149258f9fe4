"""Processes forked from the one that has loaded the shop: they share its memory and end with it."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from typing import Final

# Blocked in the parent, which takes them one by one: no handler can come between a fork and its bookkeeping.
TAKEN: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGCHLD)
_PR_SET_PDEATHSIG = 1  # prctl(2)


def fork(work: Callable[[], None]) -> int:
    """Start a process that does this and ends. Return its id."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it ended before the kernel was asked
        os._exit(1)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, TAKEN)
    work()
    sys.exit(0)


def ended() -> list[int]:
    """Return which children have ended since this was asked last."""
    pids = list[int]()
    try:
        while pid := os.waitpid(-1, os.WNOHANG)[0]:
            pids.append(pid)
    except ChildProcessError:  # none is left
        pass
    return pids
