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
# Each group looks in its folders alone: to collect all tests takes ten seconds of processor time. A test belongs to the group of its first mark here.
FOLDERS = {
    "browser": ("tests/browser",),
    "whole_stack": ("tests/common/db/leases", "tests/config/processes", "tests/registry_auth/inbox/transports", "tests/e2e"),
    "image_build": ("tests/deploy",),
}


def mark_what_it_starts(item: pytest.Function) -> None:
    """Mark a test by what it, or a fixture that it stands on, starts.

    Raises:
        UsageError: it lies where its group does not look for it.
    """
    fixtures = (fixture.func for known in item._fixtureinfo.name2fixturedefs.values() for fixture in known)
    marks = {STARTERS[name]: name for name in sorted(started_by(item.function).union(*map(started_by, fixtures)))}
    for mark in marks:
        item.add_marker(mark)
    group = next((mark for mark in FOLDERS if mark in marks), None)
    if group and not item.nodeid.startswith(tuple(f"{folder}/" for folder in FOLDERS[group])):
        raise pytest.UsageError(
            f"{item.nodeid} calls {marks[group]}: it belongs in {' or '.join(FOLDERS[group])}, or its group would not run it."
        )


@cache
def started_by(function: Callable[..., object]) -> frozenset[str]:
    """Return which starters a test or a fixture calls. A thousand tests stand on the same few fixtures, so each is read once."""
    plain = inspect.unwrap(function)
    if not (inspect.isfunction(plain) or inspect.ismethod(plain)):
        return frozenset()
    return frozenset(STARTERS.keys() & set(plain.__code__.co_names))
