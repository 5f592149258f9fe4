"""Groups of tests: each in its own pytest, within a time limit, and counted together with the others."""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from xml.etree import ElementTree as ET

from tools.stack.instance import ROOT
from tools.stack.jobs import Outcome, command_line
from tools.stack.signals import dying_with_parent

GRACE_SECONDS = 90


@dataclass
class Group:
    """Tests that run in one pytest.

    Attributes:
        name: what it is called in what is printed and kept.
        marks: which tests belong to it, as pytest's `-m` has it.
        number: which databases it has on the servers that the groups share, as config/settings/test.py counts them.
        options: further options of pytest.
        folders: where all of them lie; empty where they lie anywhere. Tests elsewhere are not even looked at.
        minutes: how long it may take before it is ended.
    """

    name: str
    marks: str
    number: int = 0
    options: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    minutes: float = 40

    def run(self, environment: Mapping[str, str], folder: Path, stop: Event) -> Outcome:
        """Run it to its end, to the end of its time or until `stop`. What it printed and counted stays in the folder."""
        kept = folder / self.name.replace(" ", "-")
        log, counted = kept.with_suffix(".log"), kept.with_suffix(".xml")
        counted.unlink(missing_ok=True)
        began = time.monotonic()
        pytest = command_line("pytest", "-ra", "-m", self.marks, f"--junit-xml={counted}", *self.options, *self.folders)
        with log.open("wb") as output:
            # A session of its own: the terminal's Ctrl-C reaches us alone, and we end the groups in order.
            process = subprocess.Popen(
                [*dying_with_parent("INT"), *pytest],
                cwd=ROOT,
                env={**environment, "LAYERSTORE_TEST_GROUP": str(self.number)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            cut_off = self._watch(process, began, stop)
        text, numbers = log.read_text(errors="replace"), counts(counted)
        return Outcome(
            self.name,
            time.monotonic() - began,
            **numbers,
            problems=cut_off or problems_of(process.returncode, numbers),
            output=text,
            notes=tuple(line for line in text.splitlines() if line.startswith("SKIPPED ")),
        )

    def _watch(self, process: "subprocess.Popen[bytes]", began: float, stop: Event) -> tuple[str, ...]:
        """Return when the process has ended; if it had to be ended, with why."""
        while process.poll() is None:
            if stop.is_set():
                end(process)
                return ("was stopped",)
            if time.monotonic() - began > self.minutes * 60:
                end(process)
                return (f"took more than {self.minutes:g} minutes and was ended with all that it had started",)
            stop.wait(0.2)
        return ()


def problems_of(status: int, numbers: Mapping[str, int]) -> tuple[str, ...]:
    """Return what is wrong with how a pytest ended, apart from failed tests."""
    if not sum(numbers.values()):
        return ("ran no test",)
    if status and not numbers["failed"]:
        return (f"ended with status {status} though no test failed",)
    return ()


def counts(file: Path) -> dict[str, int]:
    """Return how many tests passed, failed and were skipped by pytest's JUnit file; zeros where there is no file."""
    numbers = Counter(passed=0, failed=0, skipped=0)
    cases = ET.parse(file).iter("testcase") if file.exists() else ()  # noqa: S314  pytest has just written it
    for case in cases:
        found = {child.tag for child in case}
        numbers["failed" if found & {"failure", "error"} else "skipped" if "skipped" in found else "passed"] += 1
    return dict(numbers)


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a pytest as Ctrl-C does, so that it prints where it was and stops its stack; kill it and its descendants if that fails."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        for number in [process.pid, *descendants(process.pid)]:
            try:
                os.kill(number, signal.SIGKILL)
            except ProcessLookupError:
                continue
        process.wait()


def descendants(number: int) -> Iterator[int]:
    """Yield the ids of the processes that a process has started, and that these have started in turn (proc(5))."""
    for children in Path(f"/proc/{number}/task").glob("*/children"):
        for child in children.read_text().split():
            yield int(child)
            yield from descendants(int(child))
