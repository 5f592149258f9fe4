"""Each page of a demo's shop, and the same in a shop beside it with a hostile seller in it: the ratio of their times."""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

import httpx

from tools.bench.shop import run_here
from tools.stack import parts
from tools.stack.catalogue import tidewater
from tools.stack.instance import ROOT
from tools.stack.postgres import Postgres, find_postgres
from tools.stack.problems import Problem
from tools.stack.running import Stack

BUYER = "jonas"
DATABASE = "hostile"
ROUNDS, MOST = 40, 2.0
SLOWEST = 10.0  # seconds for an answer


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of page: where it is in the demo's shop and where in the other, and what its reader shows."""

    name: str
    plain: str
    hostile: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians in milliseconds, their ratio, and the bytes of the hostile answer."""

    row: Row
    plain: float
    hostile: float
    size: int

    @property
    def ratio(self) -> float:
        return self.hostile / self.plain


def compare(stack: Stack, *, cookie: str, token: str) -> list[Measured]:
    """Copy the shop, put a hostile seller into the copy, and request each page from both in turn.

    Raises:
        Problem: the copy could not be made, or an answer was not 200.
    """
    there = copy_of_shop(stack)
    made = json.loads(run_here(stack, "-m", "tools.bench.hostile_rows", BUYER, settings=there))
    port = stack.instance.port + 700
    with serving(stack, port, {}) as plain, serving(stack, port + 1, there) as hostile:
        return [measure(row, plain, hostile) for row in rows(made, cookie, token)]


def rows(made: Mapping[str, str], cookie: str, token: str) -> list[Row]:
    """Return what is compared."""
    product, shop = f"/{tidewater.NAMESPACE}/{tidewater.SHELF.name}", f"/{tidewater.NAMESPACE}"
    nobody: dict[str, str] = {}
    buyer, program = {"Cookie": cookie}, {"Authorization": f"Bearer {token}"}
    same = [
        ("home", "/", nobody),
        ("help", "/help/docker/", nobody),
        ("search", "/search/", nobody),
        ("search, a platform", "/search/?platform=linux/arm64", nobody),
        ("log-in", "/account/login/", nobody),
        ("library", "/library/", buyer),
        ("API: products", "/api/v1/products/", program),
        ("API: library", "/api/v1/library/", program),
        ("API: schema", "/api/schema/", nobody),
        ("health", "/healthz", nobody),
    ]
    return [
        Row("product, a bundle", product, made["product"], nobody),
        Row("shop", shop, made["shop"], nobody),
        Row("cover", f"/covers{product}.svg", f"/covers{made['product']}.svg", nobody),
        Row("search, by words", "/search/?q=redis", "/search/?q=bundle", nobody),
        *(Row(name, path, path, headers) for name, path, headers in same),
    ]


def measure(row: Row, plain: httpx.Client, hostile: httpx.Client) -> Measured:
    """Request from both shops in turn, so that other load on the machine affects both alike."""
    asked = ((plain, row.plain), (hostile, row.hostile))
    times: tuple[list[float], list[float]] = ([], [])
    size = 0
    for _ in range(ROUNDS):
        for (client, path), taken in zip(asked, times, strict=True):
            started = time.perf_counter()
            answer = client.get(path, headers=dict(row.headers))
            taken.append((time.perf_counter() - started) * 1e3)
            if answer.status_code != httpx.codes.OK:
                raise Problem(f"{path} answered {answer.status_code}.", do="look at the page by hand.")
            size = len(answer.content)
    return Measured(row, median(times[0]), median(times[1]), size)


def copy_of_shop(stack: Stack) -> dict[str, str]:
    """Copy the database beside itself; return the environment variables with which a process uses it."""
    postgres = find_postgres(stack.instance)
    postgres.ensure_database(DATABASE)
    dump = _run(postgres, "pg_dump", "--no-owner", "layerstore")
    _run(postgres, "psql", "--quiet", "--set", "ON_ERROR_STOP=1", DATABASE, given=dump)
    return {"LAYERSTORE_DATABASE_URL": stack.environment["LAYERSTORE_DATABASE_URL"].replace("/layerstore?", f"/{DATABASE}?")}


def _run(postgres: Postgres, program: str, *arguments: str, given: bytes = b"") -> bytes:
    command = postgres.command(program, "-h", str(postgres.sockets), "-U", "layerstore", *arguments)
    result = subprocess.run(command, input=given, capture_output=True, cwd="/", check=False)
    if result.returncode:
        raise Problem(f"{program} failed: {result.stderr.decode()[-600:]}", do="fix the cause, then start again.")
    return result.stdout


@contextmanager
def serving(stack: Stack, port: int, settings: Mapping[str, str]) -> Iterator[httpx.Client]:
    """Run a web process of its own on a port, as the stack runs it, with some variables changed; yield a client of it.

    Raises:
        Problem: it did not come up.
    """
    bind = f"127.0.0.1:{port}"
    command = parts.gunicorn("bench-web", "wsgi", "config.settings.local", bind=bind, workers=1, threads=2)
    environment = stack.environment | dict(settings)
    with stack.instance.log(f"bench-{port}").open("w") as log:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            with httpx.Client(base_url=f"http://{bind}", timeout=SLOWEST, trust_env=False) as client:
                _wait(process, client)
                yield client
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait(process: subprocess.Popen[bytes], client: httpx.Client) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            client.get("/healthz")
        except httpx.TransportError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise Problem("The web process did not come up.", do="start it by hand and read its output.") from None
            time.sleep(0.1)
        else:
            return
