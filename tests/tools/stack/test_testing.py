"""script/test itself: nothing is left out or counted twice, and what hangs or runs nothing is told."""

import os
import re
import signal
import subprocess
import sys
from itertools import product
from pathlib import Path
from threading import Event, Thread

import pytest
from _pytest.mark.expression import Expression

from tests.support.marks import FOLDERS, STARTERS
from tests.support.registry import wait_until
from tools.stack import groups, testing
from tools.stack.groups import Group
from tools.stack.instance import ROOT
from tools.stack.jobs import Check, Outcome, Script
from tools.stack.testing import EVERYTHING, QUICK, outcomes_of
from tools.stack.view import View

MARKS = sorted(STARTERS.values())


def groups_of(lanes) -> list[Group]:
    return [job for lane in lanes for job in lane if isinstance(job, Group)]


def belongs(group: Group, marks: set[str]) -> bool:
    def has(name: str, /, **_: object) -> bool:
        return name in marks

    return Expression.compile(group.marks).evaluate(has)


@pytest.mark.parametrize("chosen", list(product([False, True], repeat=len(MARKS))), ids=str)
def test_each_test_runs_in_exactly_one_group(chosen: tuple[bool, ...]) -> None:
    marks = {mark for mark, has in zip(MARKS, chosen, strict=True) if has}

    assert len([group for group in groups_of(EVERYTHING) if belongs(group, marks)]) == 1


def test_groups_that_run_beside_each_other_share_no_database() -> None:
    numbers = [group.number for group in groups_of(EVERYTHING)]

    assert len(set(numbers)) == len(numbers) == 4


def test_quick_runs_every_check_and_exactly_what_starts_nothing() -> None:
    checks = {job.name for lane in EVERYTHING for job in lane if isinstance(job, Check)}

    assert {job.name for lane in QUICK for job in lane if isinstance(job, Check)} == checks
    (group,) = groups_of(QUICK)
    assert [each.name for each in groups_of(EVERYTHING) if each.marks == group.marks] == [group.name]
    assert belongs(group, set())
    assert not [mark for mark in MARKS if belongs(group, {mark})]


@pytest.fixture
def run(tmp_path: Path):
    """Run a group of one test file, away from this project's own settings."""

    def act(text: str, *, stop: Event | None = None, marks: str = "not unknown", folder: str = "", **values) -> Outcome:
        (tmp_path / "pytest.ini").write_text("[pytest]\n")
        file = tmp_path / folder / "test_of_it.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        options = ("-c", str(tmp_path / "pytest.ini"), "--rootdir", str(tmp_path), str(file))
        group = Group("of a file", marks, options=options, **values)
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        return group.run(environment, tmp_path, stop or Event())

    return act


def test_what_a_fixture_starts_marks_every_test_that_stands_on_it(run, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.support.marks import mark_what_it_starts as pytest_itemcollected\n")
    text = """
import pytest
def running_stack(): pass
@pytest.fixture
def shop(): return running_stack()
@pytest.fixture
def people(shop): pass
def test_on_it(people): pass
def test_by_itself(): running_stack()
def test_without(): pass
"""

    assert [run(text, marks=marks, folder="tests/e2e").passed for marks in ("whole_stack", "not whole_stack", "browser")] == [2, 1, 0]


@pytest.mark.parametrize(
    ("starts", "folder"),
    [("sync_playwright", "tests/browser"), ("private_daemon", "tests/deploy"), ("running_stack", "tests/common/db/leases or ")],
)
def test_a_test_that_its_group_would_not_find_is_refused(run, tmp_path: Path, starts: str, folder: str) -> None:
    (tmp_path / "conftest.py").write_text("from tests.support.marks import mark_what_it_starts as pytest_itemcollected\n")

    outcome = run(f"def {starts}(): pass\ndef test_of_it(): {starts}()\ndef test_beside_it(): pass\n")

    assert (outcome.passed, outcome.failed, outcome.problems) == (0, 0, ("ran no test",))
    assert f"test_of_it calls {starts}: it belongs in {folder}" in outcome.output


def test_a_group_that_has_folders_looks_there_alone() -> None:
    assert {group.name: group.folders for group in groups_of(EVERYTHING) if group.folders} == {
        "on a whole stack": FOLDERS["whole_stack"],
        "in a browser": FOLDERS["browser"],
        "on the built image": FOLDERS["image_build"],
    }
    assert all((ROOT / folder).is_dir() for folders in FOLDERS.values() for folder in folders)


def test_only_what_lies_in_its_folder_belongs_to_a_group(tmp_path: Path) -> None:
    for name in ("of_it", "beside_it"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"test_{name}.py").write_text("def test(): pass\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    options = ("-c", str(tmp_path / "pytest.ini"), "--rootdir", str(tmp_path))
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

    outcome = Group("of a folder", "not unknown", options=options, folders=(str(tmp_path / "of_it"),)).run(environment, tmp_path, Event())

    assert (outcome.passed, "beside_it" in outcome.output) == (1, False)


def test_a_group_counts_its_tests(run) -> None:
    outcome = run(
        "import pytest\ndef test_a(): pass\ndef test_b(): assert 0\n@pytest.mark.skip(reason='no moon')\ndef test_c(): pass\n"
        "@pytest.fixture\ndef broken(): assert 0\ndef test_d(broken): pass\n"
    )

    assert (outcome.passed, outcome.failed, outcome.skipped, outcome.problems) == (1, 2, 1, ())
    assert "assert 0" in outcome.output
    assert [line.rpartition(": ")[2] for line in outcome.notes] == ["no moon"]


@pytest.mark.parametrize(
    ("text", "marks", "failed", "problems"),
    [
        pytest.param("def test_a(): pass\n", "unknown", 0, ("ran no test",), id="nothing chosen"),
        pytest.param("import nothing_of_this_name\n", "not unknown", 1, (), id="not even collected"),
        pytest.param("import os\ndef test_a(): os._exit(0)\n", "not unknown", 0, ("ran no test",), id="gone without a word"),
        pytest.param(
            "import atexit, os\natexit.register(lambda: os._exit(4))\ndef test_a(): pass\n",
            "not unknown",
            0,
            ("ended with status 4 though no test failed",),
            id="a bad end",
        ),
    ],
)
def test_a_group_that_says_nothing_is_no_success(run, text: str, marks: str, failed: int, problems: tuple[str, ...]) -> None:
    outcome = run(text, marks=marks)

    assert (outcome.failed, outcome.problems) == (failed, problems)
    assert outcome.faults == 1


def test_a_group_that_takes_too_long_is_ended_and_told(run) -> None:
    outcome = run("import time\ndef test_a(): time.sleep(1000)\n", minutes=0)

    assert outcome.problems == ("took more than 0 minutes and was ended with all that it had started",)


def test_a_group_that_hangs_says_where_and_takes_down_what_it_started(run, tmp_path: Path) -> None:
    stop, hangs, down = Event(), tmp_path / "hangs", tmp_path / "down"
    text = f"""
import os, pytest, time
@pytest.fixture
def server():
    yield
    os.mkdir({str(down)!r})
def test_a(server):
    os.mkdir({str(hangs)!r})
    time.sleep(1000)
"""

    def wait_and_stop() -> None:
        wait_until(hangs.exists, seconds=60)
        stop.set()

    waiter = Thread(target=wait_and_stop)
    waiter.start()
    outcome = run(text, stop=stop)
    waiter.join()

    assert outcome.problems == ("was stopped",)
    # The signal may come between the two lines of the test.
    assert re.search(r"test_of_it\.py:(8|9): KeyboardInterrupt", outcome.output)
    assert down.exists()


def test_what_does_not_end_when_asked_is_killed_with_all_it_started(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(groups, "GRACE_SECONDS", 0)
    told = tmp_path / "child"
    program = f"""
import pathlib, signal, subprocess, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "1000"], start_new_session=True)
pathlib.Path({str(told)!r}).write_text(str(child.pid))
time.sleep(1000)
"""
    process = subprocess.Popen([sys.executable, "-c", program])
    wait_until(lambda: told.exists() and told.read_text(), seconds=60)

    groups.end(process)

    assert process.returncode == -signal.SIGKILL
    wait_until(lambda: "sleep" not in command_of(int(told.read_text())))


def command_of(number: int) -> str:
    try:
        return Path(f"/proc/{number}/cmdline").read_text()
    except FileNotFoundError:
        return ""


class Done:
    """A job that is done at once."""

    def __init__(self, outcome: Outcome | Exception) -> None:
        self.name, self.outcome = "done", outcome

    def run(self, *_) -> Outcome:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.mark.parametrize(
    ("outcomes", "line", "status"),
    [
        pytest.param([Outcome("a", 1, passed=3), Outcome("b", 1, passed=4, skipped=1)], "7 passed, 0 failed", 0, id="all well"),
        pytest.param([Outcome("a", 1, passed=3), Outcome("b", 1, passed=4, failed=2)], "7 passed, 2 failed", 1, id="failed tests"),
        pytest.param([Outcome("a", 1, passed=3), Outcome("b", 1, problems=("FAILED",))], "3 passed, 1 failed", 1, id="a failed check"),
    ],
)
def test_the_last_line_counts_all_and_the_status_says_the_same(monkeypatch, capsys, outcomes, line: str, status: int) -> None:
    monkeypatch.setattr(testing, "EVERYTHING", [[Done(outcome)] for outcome in outcomes])
    monkeypatch.setattr(testing, "servers", ServersOfNobody)

    assert testing.main(View(), []) == status

    assert capsys.readouterr().out.splitlines()[-1] == line


class ServersOfNobody(dict):
    """No servers: the environment is empty."""

    def __enter__(self) -> dict:
        return self

    def __exit__(self, *_) -> None:
        """Nothing is to be stopped."""


def test_a_job_that_cannot_be_run_stops_the_others_and_is_told(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no room"):
        list(outcomes_of([[Done(OSError("no room"))], [Done(Outcome("a", 1, passed=1))]], {"LAYERSTORE_ARTIFACTS": str(tmp_path)}))


@pytest.mark.parametrize(
    ("status", "problems", "notes"),
    [(0, (), ()), (3, (), ("not checked here",)), (1, ("FAILED",), ())],
    ids=["passed", "not to be had on this machine", "failed"],
)
def test_a_script_that_cannot_run_here_says_so_in_one_line_and_one_that_fails_fails(
    tmp_path: Path, status: int, problems: tuple[str, ...], notes: tuple[str, ...]
) -> None:
    script = tmp_path / "check"
    script.write_text(f"#!/bin/sh\necho not checked here\nexit {status}\n")
    script.chmod(0o755)

    outcome = Script("a check", str(script)).run({}, tmp_path, Event())

    assert (outcome.problems, outcome.notes) == (problems, notes)
