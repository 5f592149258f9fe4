"""A program that ends within its time, together with whatever it has started, in whatever session and under whatever parent that lives."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from tools.stack.problems import Problem
from tools.stack.signals import dying_with_parent

_MARK = "LAYERSTORE_BENCH_RUN"  # in the environment of what is started, which its children inherit
_GRACE_SECONDS = 10


def run_bounded(command: Sequence[str], *, environment: Mapping[str, str], seconds: float) -> "subprocess.CompletedProcess[str]":
    """Run a program to its end and return what it printed.

    Nothing that it started outlives this call, however it ends. If we are killed ourselves, the program gets SIGINT.

    Raises:
        Problem: it took longer than it may.
    """
    run = uuid4().hex
    process = subprocess.Popen(
        [*dying_with_parent("INT"), *command],
        env={**environment, _MARK: run},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise Problem(f"{command[0]} took more than {seconds:g} seconds and was ended.", do="look whether the machine is busy.") from error
    finally:
        _end(process, run)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def _end(process: "subprocess.Popen[str]", run: str) -> None:
    """End a program by SIGINT, on which it may clean up; then kill what is left of it and of all that it has started."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_GRACE_SECONDS)
    while left := list(_started_in(run)):
        for number in left:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        process.poll()
    process.communicate()


def _started_in(run: str) -> Iterator[int]:
    """Yield the ids of the processes that live and carry the mark of a run."""
    mark = f"{_MARK}={run}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended, or is another user's
            if mark in _environment_of(folder).split(b"\0"):
                yield int(folder.name)


def _environment_of(folder: Path) -> bytes:
    """Return the environment of a process, as NAME=value ended by a zero each, from its folder of /proc (proc(5): environ).

    Raises:
        OSError: it has ended, is the kernel's or another user's.
    """
    while not (environment := (folder / "environ").read_bytes()) and _has_environment(folder):
        time.sleep(0.001)
    return environment


def _has_environment(folder: Path) -> bool:
    """Return whether a process has an environment, or will: in the middle of execve(2) it has left one and got no other yet.

    Raises:
        OSError: it has ended, or is the kernel's.
    """
    (folder / "exe").readlink()
    fields = (folder / "stat").read_bytes().rpartition(b")")[2].split()  # from the third on: the second, in brackets, may hold anything
    env_start, env_end = fields[50 - 3], fields[51 - 3]
    return env_end == b"0" or env_start != env_end
