"""Ctrl-C, SIGTERM and SIGHUP end a command in order, even where SIGINT was ignored when we were started; and what we start ends with us."""

from __future__ import annotations

import signal
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """The user, or the system, asked us to stop. Not an Exception: nothing but the outermost frame may swallow it."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def stop_on_signals() -> None:
    """Make the first stopping signal raise `Stopped` in the main thread.

    The handlers are set outright: a shell starts background processes with SIGINT ignored, and Python keeps that.
    """
    for number in STOPPING:
        signal.signal(number, _raise_stopped)


def finish_undisturbed() -> None:
    """Ignore stopping signals from now on, so that stopping is not interrupted."""
    for number in STOPPING:
        signal.signal(number, _shrug)


def dying_with_parent(signal_name: str) -> list[str]:
    """Return a prefix for a command: the kernel then sends it a signal when its parent dies, for whatever reason.

    Must be repeated after a change of user, which clears it (prctl(2), PR_SET_PDEATHSIG).
    """
    return ["setpriv", "--pdeathsig", signal_name]


def _raise_stopped(number: int, _frame: FrameType | None) -> None:
    finish_undisturbed()
    raise Stopped(number)


def _shrug(_number: int, _frame: FrameType | None) -> None:
    """Do nothing. Not SIG_IGN, which children would inherit."""
