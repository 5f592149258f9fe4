"""PostgreSQL's data as the migrations leave it, kept by the first stack of script/test that made it and copied by those that come later.

To migrate an empty database takes ten seconds of processor time. What is copied is the server's own copy of its files, taken when the
migrations have run and nothing else has begun. A stack that finds nothing kept yet migrates by itself, as a shop's first start does.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tools.stack.instance import Instance
from tools.stack.postgres import SUPERUSER, Postgres, find_postgres, may_enter

# Named by script/test; the folder goes with the run, so no run meets what older migrations made.
FOLDER = os.environ.get("LAYERSTORE_TEST_TABLES")


def copy_tables(instance: Instance, folder: str | None = FOLDER) -> bool:
    """Give a new instance a copy of what is kept. Returns whether there was something."""
    kept = Path(folder or os.devnull) / "kept"
    if not kept.exists():
        return False
    instance.make_folders()
    data = find_postgres(instance).data
    data.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # With owners and modes: the server refuses data that are not its user's alone.
    _run(["cp", "--archive", "--reflink=auto", str(kept.absolute()), str(data.absolute())])
    return True


def keep_tables(server: Postgres, folder: str | None = FOLDER) -> None:
    """Keep a copy of a running server's data, unless another stack has. It is there as a whole or not at all."""
    if not folder or (Path(folder) / "kept").exists() or not may_enter(server.become, Path(folder)):
        return
    made = Path(tempfile.mkdtemp(dir=folder))
    if server.become:
        shutil.chown(made, SUPERUSER, SUPERUSER)
    where = ("--host", str(server.sockets), "--username", SUPERUSER, "--pgdata", str(made))
    at_once = ("--checkpoint=fast", "--wal-method=fetch", "--no-sync", "--no-manifest")
    try:
        _run(server.command("pg_basebackup", *where, *at_once))
        with suppress(OSError):  # another stack was faster
            made.rename(Path(folder) / "kept")
    finally:
        shutil.rmtree(made, ignore_errors=True)  # is not there any more once it is kept


def _run(command: Sequence[str]) -> None:
    """Run a command to its end, within a minute, and tell what it said if it fails."""
    done = subprocess.run(
        command, check=False, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}")
