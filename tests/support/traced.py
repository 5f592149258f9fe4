"""Coverage does not trace tests that sweep over every address or are about other things than the shop: a pytest plugin of script/test.

Python 3.11 runs every instruction more slowly while something traces, Django's too: such tests took two fifths more processor time for
it. Each branch of a rule has a test beside it, in a folder that is traced; what sweeps happen to run does not count.
"""

import sys
import threading
from collections.abc import Iterator
from importlib import import_module
from typing import Final

import pytest

from tools.stack.instance import ROOT

UNTRACED: Final = ("tests/architecture/", "tests/deploy/", "tests/tools/bench/", "tests/tools/demo/", "tests/tools/stack/")
_APPS: Final = ("accounts", "audit", "billing", "common", "config", "marketplace", "outbox", "registry_auth")
_ELSEWHERE: Final = ("migrations", "settings")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Import all of the shop while it is traced: what a test imports later would lack the lines that only an import runs."""
    if session.items and sys.gettrace():
        for app in _APPS:
            for file in sorted((ROOT / app).rglob("*.py")):
                if not (file.name.startswith("wsgi") or set(file.parts).intersection(_ELSEWHERE)):
                    import_module(".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Let nothing trace this thread, and those that it starts, for as long as such a test runs."""
    before = sys.gettrace(), threading.gettrace()
    if item.nodeid.startswith(UNTRACED):
        _switch(None, None)
    try:
        return (yield)
    finally:
        _switch(*before)


def _switch(of_this_thread: object, of_new_ones: object) -> None:
    threading.settrace(of_new_ones)  # type: ignore[arg-type]  # coverage's own
    sys.settrace(of_this_thread)  # type: ignore[arg-type]  # as above
