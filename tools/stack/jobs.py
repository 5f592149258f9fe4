"""What script/test runs: a check, and the outcome of a check or of a group of tests."""

import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Protocol

from tools.stack.instance import ROOT
from tools.stack.problems import Problem


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a check or of a group of tests.

    Attributes:
        problems: what went wrong beside failed tests, each in one line.
        output: all that it printed.
        notes: lines of the output to print even when all went well.
    """

    name: str
    seconds: float
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    problems: tuple[str, ...] = ()
    output: str = ""
    notes: tuple[str, ...] = ()

    @property
    def faults(self) -> int:
        """How many tests failed, and how much went wrong beside them."""
        return self.failed + len(self.problems)

    def __str__(self) -> str:
        counted = [f"{number} {what}" for what in ("passed", "failed", "skipped") if (number := getattr(self, what))]
        return f"{self.name}: {', '.join([*counted, *self.problems]) or 'ok'} ({self.seconds:.0f} s)"


class Job(Protocol):
    """A check or a group of tests."""

    name: str

    def run(self, environment: Mapping[str, str], folder: Path, stop: Event) -> Outcome:
        """Run it to its end, or until `stop`; its files go into the folder."""
        ...


@dataclass
class Check:
    """A program whose exit status is the result."""

    name: str
    command: tuple[str, ...]

    def run(self, environment: Mapping[str, str], _folder: Path, _stop: Event) -> Outcome:
        """Run it; its output matters only when it fails."""
        began = time.monotonic()
        result = subprocess.run(
            command_line(*self.command), cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        problems = ("FAILED",) if result.returncode else ()
        return Outcome(self.name, time.monotonic() - began, problems=problems, output=result.stdout)


@dataclass
class Script:
    """A script of ours that needs what not every machine has; its exit status is the result.

    Attributes:
        unavailable: its status where something that it needs is missing; it has said what, in one line.
    """

    name: str
    path: str
    unavailable: int = 3

    def run(self, environment: Mapping[str, str], _folder: Path, _stop: Event) -> Outcome:
        """Run it; its output matters only when it fails, or when it could not begin."""
        began = time.monotonic()
        result = subprocess.run(
            [str(ROOT / self.path)], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        missing = result.returncode == self.unavailable
        return Outcome(
            self.name,
            time.monotonic() - began,
            problems=("FAILED",) if result.returncode and not missing else (),
            output=result.stdout,
            notes=tuple(result.stdout.splitlines()) if missing else (),
        )


def command_line(name: str, *arguments: str) -> list[str]:
    """Return the command of a program in .venv.

    Raises:
        Problem: it is not there.
    """
    program = ROOT / ".venv" / "bin" / name
    if not program.exists():
        raise Problem(f"{name} is not in .venv.", do="remove .venv and start again.")
    return [str(program), *arguments]
