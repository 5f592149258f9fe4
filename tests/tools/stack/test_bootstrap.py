"""Packages of Debian and of Python are installed side by side: what ends one of the two ends the other."""

import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tools.stack.bootstrap import beside
from tools.stack.problems import Problem
from tools.stack.progress import end_all, run_logged


def test_both_have_been_done_at_the_end() -> None:
    done: list[str] = []
    begun = threading.Event()

    def act() -> None:
        begun.set()
        done.append("act")

    with beside(act):
        # Were the act to begin afterwards, this would wait for ever.
        begun.wait()

    assert done == ["act"]


def test_the_problem_of_what_went_on_beside_is_raised() -> None:
    def act() -> None:
        raise Problem("No package index.", do="look for one.")

    with pytest.raises(Problem, match=r"No package index\."), beside(act):
        pass


@pytest.mark.parametrize("reason", [KeyboardInterrupt(), Problem("The disk is full.", do="free some space.")], ids=["Ctrl-C", "a problem"])
def test_what_goes_on_beside_is_ended_when_we_are(tmp_path: Path, reason: BaseException) -> None:
    status: list[int] = []

    def act() -> None:
        command = ["sh", "-c", "echo begun; exec sleep 86400"]
        status.append(run_logged(command, title="Sleeping for a day", log=tmp_path / "log").returncode)

    def run() -> None:
        with beside(act):
            while not (tmp_path / "log").exists() or "\nbegun\n" not in (tmp_path / "log").read_text():
                time.sleep(0.01)
            raise reason

    with pytest.raises(type(reason)):
        run()

    assert status == [-15]


def test_a_command_is_ended_also_where_it_is_just_being_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started, ended = threading.Event(), threading.Event()

    class StartedSlowly(subprocess.Popen):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            started.set()
            ended.wait(0.1)

    monkeypatch.setattr("tools.stack.progress.subprocess.Popen", StartedSlowly)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run_logged, ["sleep", "10"], title="Sleeping", log=tmp_path / "log")
        started.wait()

        end_all()

        ended.set()
        assert running.result().returncode == -15
