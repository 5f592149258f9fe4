"""The consumers' process: it runs only where there is a stream, and ends where it cannot begin."""

import signal
import subprocess
import sys

import pytest
from django.conf import settings

from config.processes import events
from config.processes.events import Consumers
from tests.support.token_process import shop_environment

pytestmark = pytest.mark.django_db


def test_without_a_stream_it_says_what_to_set() -> None:
    environment = {**shop_environment(), "DJANGO_SETTINGS_MODULE": "config.settings.local"}
    command = [sys.executable, "-m", "config.processes.events"]

    done = subprocess.run(command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)

    assert (done.returncode, "set LAYERSTORE_EVENTS to kafka" in done.stderr) == (1, True)


def test_a_consumer_that_cannot_begin_ends_all(monkeypatch: pytest.MonkeyPatch) -> None:
    consumers = Consumers(2, health_file=None)
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr("os.kill", lambda pid, number: killed.append((pid, number)))
    consumers._running = {11: 0, 12: 1}

    assert consumers._settle(11)

    assert killed == [(12, signal.SIGTERM)]
    assert not consumers._settle(12)  # it was told to


def test_a_consumer_that_ends_later_is_replaced_and_one_that_is_silent_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    consumers = Consumers(2, health_file=tmp_path / "well")
    started: list[int] = []
    killed: list[int] = []
    monkeypatch.setattr(consumers, "_start", started.append)
    monkeypatch.setattr("os.kill", lambda pid, _number: killed.append(pid))
    consumers._running = {11: 0, 12: 1}
    for place in (0, 1):
        events._BEAT.pack_into(consumers._beats, place * events._BEAT.size, 1.0)

    assert not consumers._settle(11)
    monkeypatch.setattr("time.monotonic", lambda: 1.0 + events.SILENT_SECONDS + 1)
    consumers._look_after()

    assert (started, killed, (tmp_path / "well").exists()) == ([0], [12], False)
