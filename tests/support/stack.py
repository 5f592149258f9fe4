"""A whole stack for tests: every part for real, on free ports, with data that is gone afterwards.

In a conftest:  from tests.support.stack import stack, and its name in __all__
Then a test that takes `stack` has the one stack of its session:

    stack.url, stack.instance           addresses, folders, secrets
    stack.docker("buyer").run("pull", …)  the docker client with credentials of its own (DOCKER_CONFIG, DOCKER_HOST); None without a daemon
    stack.browser()                     fills the forms of pages as a browser does
    stack.kill("worker"), stack.start("worker")   faults: SIGKILL, and back; nothing is restarted by itself
    stack.flush_redis(), stack.log("worker"), stack.manage("…"), stack.sql("SELECT …")
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
import redis

from tests.support.kept_tables import copy_tables, keep_tables
from tools.stack.browser import Browser
from tools.stack.docker import Docker
from tools.stack.instance import ROOT, Instance
from tools.stack.packages import postgres_programs
from tools.stack.ports import free_base_port
from tools.stack.postgres import Postgres
from tools.stack.running import Stack
from tools.stack.view import View


class LiveStack(Stack):
    """A running stack, with what tests of faults need.

    Attributes:
        is_new: whether it begins without any data, so that its tables are what the migrations make.
    """

    is_new = False

    def tables_are_made(self, server: Postgres) -> None:
        if self.is_new:
            keep_tables(server)

    @property
    def url(self) -> str:
        return self.instance.url

    @property
    def has_docker(self) -> bool:
        return self.docker_host is not None

    def client(self, user: str) -> Docker:
        return self.docker(user)

    def browser(self) -> Browser:
        return Browser(self.instance.url)

    def kill(self, part: str) -> None:
        """Kill a part and its children with SIGKILL, and return when they are gone."""
        self.supervisor.kill(part)

    def start_part(self, part: str) -> None:
        """Start a part again and return when it is ready."""
        self.supervisor.start(part)

    def revive(self, part: str) -> None:
        """Start a part again if it has ended, as the supervisor of a shop does by itself and ours, for the sake of faults, does not."""
        if self.supervisor.has_ended(part):
            self.start_part(part)

    def stop_part(self, part: str) -> None:
        """Stop a part in order and return when it has ended."""
        self.supervisor.stop_part(part)

    def flush_redis(self) -> None:
        """Empty Redis: queue, cache and counters are gone."""
        with redis.Redis(unix_socket_path=str(self.instance.socket("redis"))) as client:
            client.flushall()

    def log(self, part: str) -> str:
        """Return everything a part has written."""
        return self.log_text(part)

    def sql(self, query: str) -> list[str]:
        """Return the rows of a query as psql prints them unaligned, columns joined by |."""
        command = [
            f"{postgres_programs()}/psql",
            "-XAtq",
            "-h",
            str(self.instance.sockets / "postgres"),
            "-U",
            "layerstore",
            "-c",
            query,
            "layerstore",
        ]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=self.environment).stdout.splitlines()

    def view(self) -> View:
        return View()


_NUMBERS = count(1)


def keep_logs(folder: Path) -> None:
    """Keep what the parts have written, for a test that failed saw them only from outside: a folder for each stack of a group."""
    artifacts = Path(os.environ.get("LAYERSTORE_ARTIFACTS") or ROOT / "var" / "artifacts") / "tests"
    kept = artifacts / f"logs-{os.environ.get('LAYERSTORE_TEST_GROUP', '0')}-{next(_NUMBERS)}"
    shutil.rmtree(kept, ignore_errors=True)
    if (folder / "log").exists():  # a stack that was never begun, or that its test has destroyed, has none
        shutil.copytree(folder / "log", kept)


@contextmanager
def running_stack(*, with_docker: bool = True, settings: Mapping[str, str] | None = None) -> Iterator[LiveStack]:
    """Run a stack on free ports with fresh data, and take both away at the end."""
    folder = Path(tempfile.mkdtemp(prefix="layerstore-stack-"))
    try:
        instance = Instance(port=free_base_port(), var=folder)
        made = LiveStack(instance, restarts=False, durable=False, with_docker=with_docker, settings=settings)
        made.is_new = not copy_tables(instance)
        with made as live:
            yield live
    finally:
        keep_logs(folder)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def stack() -> Iterator[LiveStack]:
    """The one whole stack of this test session: tokens end early, so that a test can wait for it, and nobody is throttled."""
    lifetimes = {"LAYERSTORE_PULL_TOKEN_SECONDS": "60", "LAYERSTORE_PUSH_TOKEN_SECONDS": "60"}
    with running_stack(settings=lifetimes | {"LAYERSTORE_API_RATE": "100000/min"}) as live:
        yield live
