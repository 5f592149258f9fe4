"""The token process as a shop runs it, on the tests' own database: for tests that more than one process must see."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx
from django.conf import settings
from django.db import connection

from tests.support.loopback import ask
from tests.support.ports import free_port
from tests.support.registry import wait_until


@dataclass
class TokenProcess:
    """A running token process: a master and its workers."""

    url: str
    process: subprocess.Popen

    def workers(self) -> set[int]:
        """Return the process ids of its workers."""
        return {int(number) for number in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()}


@contextmanager
def running_token_process(log: Path) -> Iterator[TokenProcess]:
    """Run one with these tests' settings and keys."""
    port = free_port()
    with log.open("ab") as output:
        command = [sys.executable, "-m", "config.processes.token_server", "--port", str(port)]
        process = subprocess.Popen(command, env=shop_environment(), cwd=settings.BASE_DIR, stdout=output, stderr=output)
    token_process = TokenProcess(f"http://127.0.0.1:{port}", process)
    try:
        wait_until(lambda: process.poll() is not None or _answers(token_process.url), seconds=60)
        assert process.poll() is None, log.read_text()
        yield token_process
    finally:
        process.terminate()
        process.wait(timeout=30)


def shop_environment() -> dict[str, str]:
    """Return what a process of the shop needs to see what these tests see: their database, keys and secrets."""
    database = connection.settings_dict
    place = urlencode({"host": database["HOST"], "port": database["PORT"]})
    return {
        "PATH": os.environ["PATH"],
        "LAYERSTORE_DATABASE_URL": f"postgresql://{quote(database['USER'])}:{quote(database['PASSWORD'])}@/{database['NAME']}?{place}",
        "LAYERSTORE_REDIS_URL": settings.REDIS_URL,
        "LAYERSTORE_PUBLIC_URL": settings.LAYERSTORE_PUBLIC_URL,
        "LAYERSTORE_SECRET_KEY": settings.SECRET_KEY,
        "LAYERSTORE_TOKEN_KEYS": ",".join(settings.LAYERSTORE_TOKEN_KEYS),
        "LAYERSTORE_EVENTS_SECRET": settings.LAYERSTORE_EVENTS_SECRET,
        "LAYERSTORE_KEYS_DIR": str(settings.LAYERSTORE_KEYS_DIR),
        "LAYERSTORE_REGISTRY_URL": settings.LAYERSTORE_REGISTRY_URL,
        "LAYERSTORE_TOKEN_URL": settings.LAYERSTORE_TOKEN_URL,
    }


def _answers(url: str) -> bool:
    try:
        return ask("GET", f"{url}/auth/jwks.json").is_success
    except httpx.HTTPError:
        return False
