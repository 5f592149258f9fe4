"""What a measurement starts ends with it: the program, and what that has started in a session of its own, as Lighthouse starts Chromium."""

import os
import subprocess
from pathlib import Path

import pytest

from tools.bench.bounded import run_bounded
from tools.stack.problems import Problem
from tools.stack.signals import Stopped

STARTS_ANOTHER = 'setsid sleep 600 </dev/null >/dev/null 2>&1 & echo $! > "$STARTED"; '


def is_alive(number: int) -> bool:
    """Return whether a process has a program, which it has no more once it has ended (proc(5): exe)."""
    try:
        (Path("/proc") / str(number) / "exe").readlink()
    except OSError:
        return False
    return True


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "STARTED": str(tmp_path / "started")}


def started(environment: dict[str, str]) -> int:
    return int(Path(environment["STARTED"]).read_text())


def test_what_it_printed_and_its_status_are_returned(environment) -> None:
    result = run_bounded(["sh", "-c", "echo out; echo err >&2; exit 3"], environment=environment, seconds=600)

    assert (result.stdout, result.stderr, result.returncode) == ("out\n", "err\n", 3)


def test_what_a_program_leaves_behind_is_ended(environment) -> None:
    run_bounded(["sh", "-c", STARTS_ANOTHER], environment=environment, seconds=600)

    assert not is_alive(started(environment))


def test_it_is_ended_in_the_middle_of_becoming_another_program(environment, tmp_path) -> None:
    becomes_itself = tmp_path / "becomes-itself"
    becomes_itself.write_text('#!/bin/sh\nexec "$0"\n')
    becomes_itself.chmod(0o755)
    starts_it = f'setsid {becomes_itself} </dev/null >/dev/null 2>&1 & echo $! > "$STARTED"'

    for _ in range(20):
        run_bounded(["sh", "-c", starts_it], environment=environment, seconds=600)
        assert not is_alive(started(environment))


@pytest.mark.parametrize(
    ("ended_by", "raised"), [(subprocess.TimeoutExpired("sh", 600), Problem), (Stopped(15), Stopped)], ids=["its time", "a signal to us"]
)
def test_it_is_ended_with_all_that_it_started(environment, monkeypatch, ended_by, raised) -> None:
    read = subprocess.Popen.communicate

    def communicate(process, timeout=None):
        monkeypatch.setattr(subprocess.Popen, "communicate", read)
        assert process.stdout.readline() == "started\n"
        raise ended_by

    monkeypatch.setattr(subprocess.Popen, "communicate", communicate)
    ignores_us = "trap '' INT; " if raised is Problem else ""

    with monkeypatch.context() as patched, pytest.raises(raised):
        patched.setattr("tools.bench.bounded._GRACE_SECONDS", 0.1)
        run_bounded(["sh", "-c", f"{ignores_us}{STARTS_ANOTHER}echo started; sleep 600"], environment=environment, seconds=600)

    assert not is_alive(started(environment))
