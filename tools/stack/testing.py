"""script/test: checks and tests side by side, on a PostgreSQL and a Redis of their own that are gone afterwards.

Without arguments everything runs; with `--quick`, the checks and every test that starts no whole stack, browser or image build,
without the gates of coverage.
With any other arguments only pytest runs, with these arguments.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from threading import Event

from tools.stack import parts
from tools.stack.environment import plain_environment
from tools.stack.groups import Group
from tools.stack.instance import ROOT, Instance
from tools.stack.jobs import Check, Job, Outcome, Script, command_line
from tools.stack.postgres import find_postgres
from tools.stack.supervise import Supervisor
from tools.stack.view import View

CHECKS = (
    Check("ruff check", ("ruff", "check")),
    Check("ruff format", ("ruff", "format", "--check")),
    Check("mypy", ("mypy", ".")),
    Check("lint-imports", ("lint-imports",)),
    Check("deptry", ("deptry", ".", "--config", "requirements/deptry.toml", "--no-ansi")),
    Check("djlint", ("djlint", "templates", "--lint", "--quiet")),
    Check("missing migrations", ("python", "manage.py", "makemigrations", "--check", "--dry-run")),
)
# The marks are given by what a test's fixtures start: tests/support/marks.py. Each test has a place in exactly one group.
COVERAGE = ("-p", "tests.support.measured", "-p", "tests.support.coverage_gates")
# Each worker begins with a part of the folders, so that what a module starts is mostly started once; then it helps the others.
SPREAD = ("--dist", "worksteal")
# This group ends last, and its tests wait for other processes a part of the time: a third worker works meanwhile.
WITHOUT_STACK = Group("without a whole stack", "not (whole_stack or browser or image_build)", 0, ("-n", "3", *SPREAD, *COVERAGE))
# A test that starts one of these is refused elsewhere than in the folders of its group: tests/support/marks.py.
# The sales come last: their stack runs to the end of the group, and works a little even when nobody asks it.
_SOLD_IN = ("tests/common/db/leases", "tests/config/processes", "tests/registry_auth/inbox/transports", "tests/e2e")
SALES = Group("on a whole stack", "whole_stack and not browser", 1, folders=_SOLD_IN)
BROWSER = Group("in a browser", "browser", 2, folders=("tests/browser",))
IMAGE = Group("on the built image", "image_build and not (whole_stack or browser)", 3, folders=("tests/deploy",))
TERRAFORM = Script("terraform", "script/terraform")
# Jobs of one lane run one after the other. The browser and the sales mostly wait, so three lanes keep two cores busy.
# The longest group begins at once: what runs alone at the end leaves a part of the cores idle.
EVERYTHING: Sequence[Sequence[Job]] = ((WITHOUT_STACK,), (SALES,), (*CHECKS, TERRAFORM, BROWSER, IMAGE))
# Tests wait for other processes a fifth of the time, so four workers keep two cores busy.
QUICK: Sequence[Sequence[Job]] = (CHECKS, (replace(WITHOUT_STACK, options=("-n", "4", *SPREAD)),))
KEPT = (
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "HYPOTHESIS_PROFILE",
    "LAYERSTORE_ARTIFACTS",
    "LAYERSTORE_TERRAFORM_PLUGINS",
)


def main(view: View, arguments: list[str]) -> int:
    """Run what the arguments ask for. Returns 0 only if all went well. The last line counts all tests."""
    with servers() as environment:
        if arguments and arguments != ["--quick"]:
            return subprocess.run(command_line("pytest", *arguments), cwd=ROOT, env=environment, check=False).returncode
        view.title("Checks and tests, several at a time; what went wrong is shown in full")
        outcomes = list(printed(view, outcomes_of(QUICK if arguments else EVERYTHING, environment)))
    passed, failed = sum(each.passed for each in outcomes), sum(each.faults for each in outcomes)
    view.title(f"{passed} passed, {failed} failed")
    return int(bool(failed))


def printed(view: View, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    """Print each outcome as it comes: in full where something went wrong."""
    for each in outcomes:
        if each.faults:
            view.say(each.output)
        view.say(str(each))
        for line in each.notes:
            view.say(f"  {line}")
        yield each


def outcomes_of(lanes: Sequence[Sequence[Job]], environment: Mapping[str, str]) -> Iterator[Outcome]:
    """Run the lanes side by side, and yield each job's outcome as it ends. Closing the generator stops what still runs."""
    folder = Path(environment.get("LAYERSTORE_ARTIFACTS") or ROOT / "var" / "artifacts") / "tests"
    folder.mkdir(parents=True, exist_ok=True)
    stop, ended = Event(), SimpleQueue[Outcome | None]()

    def run(lane: Sequence[Job]) -> None:
        try:
            for job in lane:
                if not stop.is_set():
                    ended.put(job.run(environment, folder, stop))
        finally:
            ended.put(None)

    with ThreadPoolExecutor(len(lanes)) as threads:
        running = [threads.submit(run, lane) for lane in lanes]
        try:
            for _ in lanes:
                yield from iter(ended.get, None)
        finally:
            stop.set()
    for lane in running:
        lane.result()


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """Run PostgreSQL and Redis on sockets in a temporary folder, and yield the environment with which tests find them.

    Nothing listens on a port, so tests cannot collide with a running demo.
    """
    with tempfile.TemporaryDirectory(prefix="layerstore-test-") as folder:
        instance = Instance(port=8080, var=Path(folder).resolve())
        instance.make_folders()
        server = find_postgres(instance)
        server.prepare()
        supervisor = Supervisor(instance, [parts.postgres(server, durable=False), parts.redis(instance, durable=False)])
        environment = plain_environment(os.environ) | {name: os.environ[name] for name in KEPT if name in os.environ}
        try:
            supervisor.launch(environment)
            supervisor.start("postgres", "redis")
            server.ensure_owner("--createdb")
            (instance.var / "tables").mkdir(mode=0o711)
            yield environment | test_addresses(instance)
        finally:
            supervisor.stop()
            shutil.rmtree(instance.sockets, ignore_errors=True)
            if server.notice:
                shutil.rmtree(server.data.parent, ignore_errors=True)


def test_addresses(instance: Instance) -> dict[str, str]:
    """Return the variables that config/settings/test.py reads."""
    return {
        "LAYERSTORE_DATABASE_URL": f"postgresql://layerstore@/postgres?host={instance.sockets / 'postgres'}",
        "LAYERSTORE_REDIS_URL": f"unix://{instance.socket('redis')}",
        "LAYERSTORE_TEST_TEMPLATE": "template_layerstore",
        "LAYERSTORE_TEST_TABLES": str(instance.var / "tables"),
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }
