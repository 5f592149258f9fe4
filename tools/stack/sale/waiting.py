"""Waiting for what another process of the shop does: asked at once, and less often the longer it takes."""

import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")
FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 0.1, 1.0, 1.5


def awaited(ask: Callable[[], Answer], *, seconds: float) -> Answer | None:
    """Ask until the answer is true, and return it; None if it was not within so many seconds.

    Each question costs the machine that is to answer: a page that is asked for five times a second holds up the task that it waits for.
    """
    deadline, pause = time.monotonic() + seconds, FIRST_PAUSE
    while not (answer := ask()):
        if time.monotonic() > deadline:
            return None
        time.sleep(pause)
        pause = min(GROWTH * pause, LONGEST_PAUSE)
    return answer
