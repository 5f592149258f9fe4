"""PgBouncer in transaction mode in front of a stack's PostgreSQL. No part of a demo: tests and measurements start it beside one."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.stack.packages import find_program
from tools.stack.postgres import IDENTITY
from tools.stack.probes import listens_on
from tools.stack.problems import Problem

_READY_SECONDS = 30
_PORT = 6432  # in the name of its socket, which lies in a folder of its own
# As docs/operations.md has it, without passwords: nobody else may enter the folder of its socket.
_CONFIGURATION = """\
[databases]
{database} = host={host} port={port} dbname={database} user={user}

[pgbouncer]
listen_addr =
listen_port = {listen}
unix_socket_dir = {folder}
auth_type = any
pool_mode = transaction
default_pool_size = {sessions}
log_connections = 0
log_disconnections = 0
"""


@contextmanager
def running_pooler(*, host: str, database: str, user: str, sessions: int, port: str = "") -> Iterator[str]:
    """Run one that has so many sessions for all its clients; yield the address of the database behind it.

    Args:
        host: the folder of PostgreSQL's socket.

    Raises:
        Problem: it did not come up.
    """
    folder = Path(tempfile.mkdtemp(prefix="layerstore-pooler-"))
    known = {"host": host, "port": port or "5432", "database": database, "user": user, "sessions": sessions}
    (folder / "pgbouncer.ini").write_text(_CONFIGURATION.format(**known, folder=folder, listen=_PORT))
    log, become = folder / "log", tuple[str, ...]()
    if os.geteuid() == 0:  # it refuses root, and PostgreSQL lets only its own user into the socket's folder
        shutil.chown(folder, "postgres")
        become = ("setpriv", *IDENTITY)
    with log.open("wb") as output:
        command = [*become, find_program("pgbouncer") or "pgbouncer", str(folder / "pgbouncer.ini")]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/")
    try:
        _wait(process, folder / f".s.PGSQL.{_PORT}", log)
        yield f"postgresql://{user}@/{database}?host={folder}&port={_PORT}"
    finally:
        process.terminate()
        process.wait(timeout=_READY_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(process: subprocess.Popen[bytes], socket: Path, log: Path) -> None:
    deadline, ready = time.monotonic() + _READY_SECONDS, listens_on(socket)
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise Problem(f"PgBouncer did not come up: {log.read_text().strip()}", do="install pgbouncer, or read why above.")
        time.sleep(0.02)
