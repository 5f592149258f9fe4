"""Real threads on the real database, all let go at the same moment."""

import inspect
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection


def run_in_threads(count: int, act: Callable[..., Any]) -> list[Any]:
    """Call `act` in `count` threads at once, each with its own connection, and return what each returned or raised.

    Args:
        act: called without arguments, or with the thread's number if it takes one.
    """
    barrier = threading.Barrier(count)
    numbered = bool(inspect.signature(act).parameters)

    def run(number: int) -> Any:
        try:
            connection.ensure_connection()  # so that the race is in the act, not in connecting
            barrier.wait(timeout=30)
            return act(number) if numbered else act()
        except Exception as error:  # noqa: BLE001  the test looks at it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=count) as threads:
        return list(threads.map(run, range(count)))
