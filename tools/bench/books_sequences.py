"""For `script/bench books`: sequences of sales, refunds, disputes, time and webhooks against the books, other ones each time."""

import json
import os
import secrets
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.stack.instance import ROOT
from tools.stack.jobs import command_line
from tools.stack.testing import servers

TEST: Final = "tests/sequences/test_books.py"
FAILING: Final = "Failing test case"
MOST_SEED: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Played:
    """What one process has played; `failure` is what it printed if something was wrong."""

    sequences: int
    steps: int
    failure: str


def play(sequences: int, seed: int | None) -> int:
    """Play so many sequences, as many at a time as there are cores, and print what came of it; return 0 only if nothing was wrong.

    Args:
        seed: of an earlier run that is to be repeated; a new one unless told.
    """
    cores = min(os.cpu_count() or 1, sequences)
    first = secrets.randbelow(MOST_SEED) if seed is None else seed
    shares = [sequences // cores + (number < sequences % cores) for number in range(cores)]
    with tempfile.TemporaryDirectory(prefix="layerstore-sequences-") as name, servers() as environment, ExitStack() as running:
        started = []
        for number, share in enumerate(shares):
            started.append(_start(environment, Path(name), number, share, first + number))
            running.callback(_stop, started[-1][0])
        played = [_end(process, figures) for process, figures in started]
    for number, each in enumerate(played):
        if each.failure:
            print(f"With --seed {first} in process {number + 1} of {cores}:\n{each.failure}")
    failures = sum(bool(each.failure) for each in played)
    print(f"sequences {sum(each.sequences for each in played)}, steps {sum(each.steps for each in played)}, failures {failures}")
    return int(failures > 0)


def _start(environment: Mapping[str, str], folder: Path, number: int, share: int, seed: int) -> tuple[subprocess.Popen[str], Path]:
    figures = folder / f"{number}.json"
    own = {
        "LAYERSTORE_SEQUENCES": str(share),
        "LAYERSTORE_SEQUENCES_FIGURES": str(figures),
        "LAYERSTORE_TEST_GROUP": str(number),
    }
    command = command_line("pytest", TEST, "-q", "--tb=short", "--show-capture=no", f"--hypothesis-seed={seed}")
    process = subprocess.Popen(command, cwd=ROOT, env={**environment, **own}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return process, figures


def _stop(process: subprocess.Popen[str]) -> None:
    """End a process before its servers: Hypothesis would take their going away for a failure, and say that it is not the same again."""
    process.kill()
    process.wait()


def _end(process: subprocess.Popen[str], figures: Path) -> Played:
    output, _ = process.communicate()
    found = json.loads(figures.read_text(encoding="utf-8")) if figures.exists() else {"sequences": 0, "steps": 0}
    return Played(found["sequences"], found["steps"], output if process.returncode else "")
