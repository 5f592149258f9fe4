"""What an answer promises of its connection holds, however much of the request nobody read: the edge sends the next form on it."""

import http.client
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from io import BytesIO

import pytest
from django.conf import settings

from common.web.request_bodies import MOST, drain_request_body
from tests.support.ports import free_port
from tests.support.registry import wait_until
from tests.support.token_process import shop_environment
from tools.stack.parts import gunicorn
from tools.stack.probes import answers

KIB = 1024
# gunicorn reads 64 KiB that nobody asked for, the edge lets 12 MiB through.
SIZES = (10, 60_000, 64 * KIB - 1, 64 * KIB, 200_000, 3 * KIB * KIB, 12 * KIB * KIB)


def web(port: int) -> tuple[str, ...]:
    return gunicorn("bodies", "wsgi", "config.settings.local", bind=f"127.0.0.1:{port}", workers=1, threads=4)


def inner(port: int) -> tuple[str, ...]:
    return (sys.executable, "-m", "config.processes.inner_server", "--port", str(port))


def token(port: int) -> tuple[str, ...]:
    return (sys.executable, "-m", "config.processes.token_server", "--port", str(port), "--workers", "1")


@contextmanager
def running(command: Callable[[int], tuple[str, ...]], path: str) -> Iterator[int]:
    """Run a process as the stack does, on the tests' database, until it answers at the address; gives its port."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    ready = answers(f"{url}{path}")
    process = subprocess.Popen(command(port), env=shop_environment() | {"LAYERSTORE_PUBLIC_URL": url}, cwd=settings.BASE_DIR)
    try:
        wait_until(lambda: process.poll() is not None or ready(), seconds=60)
        assert process.poll() is None
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("command", "path", "refused"),
    [
        pytest.param(web, "/api/v1/products/", 401, id="web"),
        pytest.param(inner, "/registry/events", 401, id="inner"),
        pytest.param(token, "/auth/nowhere", 404, id="token"),
    ],
)
def test_a_body_that_nobody_read_ends_no_connection(command: Callable[[int], tuple[str, ...]], path: str, refused: int) -> None:
    with running(command, path) as port, closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.connect()
        connection.auto_open = 0  # a second connection would hide that the first one ended
        for size in (*SIZES, 10):
            connection.request("POST", path, b"x" * size, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            assert (size, answer.status, answer.will_close) == (size, refused, False)


def answered(body: BytesIO) -> list[bytes]:
    """Return what comes of a request whose application reads three bytes."""

    def application(environ: dict, start_response: object) -> list[bytes]:
        return [environ["wsgi.input"].read(3)]

    return list(drain_request_body(application)({"wsgi.input": body}, lambda *_: print))


def test_what_was_not_read_is_read_before_the_answer_goes_out() -> None:
    body = BytesIO(b"abc" + b"x" * 3_000_000)

    assert answered(body) == [b"abc"]
    assert body.read() == b""


def test_a_body_without_end_is_left_to_the_server() -> None:
    class Endless(BytesIO):
        taken = 0

        def read(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            self.taken += size
            return b"x" * size

    body = Endless()

    assert answered(body) == [b"xxx"]
    assert body.taken == 3 + MOST


def test_who_breaks_off_in_the_middle_of_a_body_fails_nobody() -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if size == 3:
                return b"abc"
            raise ConnectionResetError

    assert answered(Broken()) == [b"abc"]
