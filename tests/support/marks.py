"""What a test needs beside PostgreSQL and Redis, as a mark on it: read from what its fixtures start, so no list of tests is kept."""

import inspect
from collections.abc import Callable
from functools import cache

import pytest

STARTERS = {
    "running_stack": "whole_stack",
    # Several of the shop's processes with the servers that they need: most of a stack, and as slow as one.
    "stream_processes": "whole_stack",
    "LeaseWorkers": "whole_stack",
    "shop_process": "whole_stack",
    "sync_playwright": "browser",
    "private_daemon": "image_build",
}
# Their groups look nowhere else.
FOLDERS = {"browser": "tests/browser/", "image_build": "tests/deploy/"}


def mark_what_it_starts(item: pytest.Function) -> None:
    """Mark a test by what it, or a fixture that it stands on, starts.

    Raises:
        UsageError: it lies where its group does not look for it.
    """
    fixtures = (fixture.func for known in item._fixtureinfo.name2fixturedefs.values() for fixture in known)
    for name in started_by(item.function).union(*map(started_by, fixtures)):
        mark = STARTERS[name]
        if not item.nodeid.startswith(FOLDERS.get(mark, "")):
            raise pytest.UsageError(f"{item.nodeid} calls {name}: it belongs in {FOLDERS[mark]}, or its group would not run it.")
        item.add_marker(mark)


@cache
def started_by(function: Callable[..., object]) -> frozenset[str]:
    """Return which starters a test or a fixture calls. A thousand tests stand on the same few fixtures, so each is read once."""
    plain = inspect.unwrap(function)
    if not (inspect.isfunction(plain) or inspect.ismethod(plain)):
        return frozenset()
    return frozenset(STARTERS.keys() & set(plain.__code__.co_names))
