"""What a test needs beside PostgreSQL and Redis, as a mark on it: read from what its fixtures start, so no list of tests is kept."""

import inspect
from collections.abc import Iterator

import pytest

STARTERS = {"running_stack": "whole_stack", "sync_playwright": "browser", "private_daemon": "image_build"}


def mark_what_it_starts(item: pytest.Function) -> None:
    """Mark a test by what it, or a fixture that it stands on, starts."""
    called = {name for function in _functions_of(item) for name in function.__code__.co_names}
    for name in called & STARTERS.keys():
        item.add_marker(STARTERS[name])


def _functions_of(item: pytest.Function) -> Iterator:
    fixtures = (fixture.func for known in item._fixtureinfo.name2fixturedefs.values() for fixture in known)
    for function in (item.function, *fixtures):
        plain = inspect.unwrap(function)
        if inspect.isfunction(plain) or inspect.ismethod(plain):
            yield plain
