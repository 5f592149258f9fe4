"""The token process on its real server: it comes up, loses workers and its master, and ends without a trace."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from registry_auth.keys.store import KeyStore
from tests.registry_auth.conftest import basic
from tests.support.loopback import ask
from tools.stack import parts
from tools.stack.configs import write_configs
from tools.stack.instance import Instance
from tools.stack.ports import free_base_port


class Connection(http.client.HTTPConnection):
    """To a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("layerstore", timeout=20)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(str(self.path))


class Server:
    """One running token process."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.socket, self.log, self.environment = folder / "token", folder / "log", environment

    def start(self) -> None:
        command = [sys.executable, "-m", "config.processes.token_server", "--socket", str(self.socket)]
        with self.log.open("ab") as log:
            self.master = subprocess.Popen(command, env=self.environment, cwd=settings.BASE_DIR, stdout=log, stderr=log)
        until(lambda: self.said("Started worker-1") and self.said("Started worker-2"))

    def said(self, message: str) -> list[dict]:
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [line for line in lines if line["message"] == message]

    def workers(self) -> set[int]:
        children = Path(f"/proc/{self.master.pid}/task/{self.master.pid}/children").read_text()
        return {int(number) for number in children.split()}

    def status(self, path: str, *, method: str = "GET", body: str | None = None, **headers: str) -> int:
        with closing(Connection(self.socket)) as connection:
            connection.request(method, path, body=body, headers=headers)
            return connection.getresponse().status


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(number: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{number}/status").read_text()
    except OSError:
        return False


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    keys = KeyStore(tmp_path_factory.mktemp("token") / "keys")
    keys.init(now=timezone.now())
    return {
        "PATH": os.environ["PATH"],
        "LAYERSTORE_KEYS_DIR": str(keys.directory),
        "LAYERSTORE_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing",
        "LAYERSTORE_REDIS_URL": settings.REDIS_URL,
        "LAYERSTORE_SECRET_KEY": "x",
        "LAYERSTORE_TOKEN_KEYS": "x",
        "LAYERSTORE_EVENTS_SECRET": "x",
    }


@contextmanager
def running(folder: Path, environment: dict[str, str]) -> Iterator[Server]:
    made = Server(folder, environment)
    made.start()
    yield made
    made.master.terminate()
    made.master.wait(timeout=30)


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Iterator[Server]:
    """One for all tests that leave its master alive."""
    with running(tmp_path_factory.mktemp("lasting"), environment) as made:
        yield made


@pytest.fixture
def server(tmp_path: Path, environment: dict[str, str]) -> Iterator[Server]:
    """One that a test may end."""
    with running(tmp_path, environment) as made:
        yield made


def test_a_worker_that_is_killed_is_replaced(lasting):
    before, started = lasting.workers(), len(lasting.said("Started worker-1"))
    os.kill(min(before), signal.SIGKILL)

    until(lambda: len(lasting.workers()) == 2 and lasting.workers() != before and len(lasting.said("Started worker-1")) == started + 1)
    assert lasting.status("/auth/jwks.json") == 200


def test_its_end_leaves_no_process_and_no_socket_behind(server):
    idle = Connection(server.socket)
    idle.request("GET", "/auth/jwks.json")
    assert len(idle.getresponse().read()) > 100
    workers = server.workers()

    server.master.terminate()

    assert server.master.wait(timeout=30) == 0
    assert not any(is_alive(worker) for worker in workers)
    assert not server.socket.exists()
    idle.close()


def test_workers_end_with_a_master_that_is_killed_and_the_next_one_takes_the_socket(server):
    workers = server.workers()
    server.master.kill()
    server.master.wait()
    until(lambda: not any(is_alive(worker) for worker in workers))
    assert server.socket.exists()

    server.log.unlink()
    server.start()

    assert server.status("/auth/jwks.json") == 200


@pytest.fixture
def edge(lasting: Server, tmp_path: Path) -> Iterator[Instance]:
    """The real edge in front of the token process."""
    instance = Instance(port=free_base_port(), var=tmp_path / "edge")
    instance.make_folders()
    write_configs(instance)
    instance.socket("token").symlink_to(lasting.socket)
    with (tmp_path / "nginx.log").open("wb") as log:
        nginx = subprocess.Popen(parts.nginx(instance).command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    until(lambda: listens_on_port(instance.port))
    yield instance
    nginx.terminate()
    nginx.wait(timeout=30)
    shutil.rmtree(instance.sockets)


def listens_on_port(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_replacing_the_workers_fails_no_request_at_the_edge(lasting, edge):
    # A worker that ends may drop a connection that it has just taken; the edge then asks once more, also what is no GET.
    before, stopped, statuses = lasting.workers(), len(lasting.said("Stopped old worker-2")), set()
    lasting.master.send_signal(signal.SIGHUP)
    while lasting.workers() & before or len(lasting.said("Stopped old worker-2")) == stopped:
        for method, path in (("GET", "/auth/jwks.json"), ("POST", "/auth/token")):
            statuses.add((method, ask(method, f"{edge.url}{path}", timeout=20).status_code))
        time.sleep(0.005)

    assert statuses == {("GET", 200), ("POST", 400)}


def test_one_connection_carries_many_requests_of_every_method(lasting):
    connection, told = Connection(lasting.socket), []
    for method, path in [("HEAD", "/auth/jwks.json"), ("GET", "/auth/jwks.json"), ("PUT", "/auth/token"), ("GET", "/auth/nothing")]:
        connection.request(method, path, body="unread" if method == "PUT" else None)
        answer = connection.getresponse()
        told.append((answer.status, len(answer.read()) > 0, int(answer.headers["Content-Length"]) > 0))
    connection.close()

    assert told == [(200, False, True), (200, True, True), (405, True, True), (404, True, True)]


def test_a_query_may_be_as_long_as_the_edge_lets_it_be(lasting):
    assert lasting.status("/auth/nothing?" + "scope=" + "a" * 32_000) == 404


def test_what_is_logged_is_whole_at_the_end_and_holds_no_credential(server):
    secret = "very-secret-password"
    for _ in range(50):
        server.status("/auth/token", method="POST", body="grant_type=password&client_id=docker&username=ada&password=" + secret)
    assert server.status("/auth/token", Authorization=basic("ada", secret)) == 503

    server.master.terminate()
    server.master.wait(timeout=30)

    assert len(server.said("token answer")) == 50
    assert secret not in server.log.read_text()
    assert basic("ada", secret).split()[1] not in server.log.read_text()


def test_what_cannot_be_loaded_ends_before_anybody_is_let_in(environment, tmp_path):
    path = tmp_path / "other"
    command = [sys.executable, "-m", "config.processes.token_server", "--socket", str(path), "--application", "config.wsgi_token.missing"]
    result = subprocess.run(command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)

    assert (result.returncode, path.exists()) == (1, False)
    assert result.stderr.rstrip().endswith('does not define a "missing" attribute/class')
