"""The database of an instance for a backup: the one that runs, or one that is started for the purpose and stopped again."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tools.stack.instance import ROOT, Instance
from tools.stack.parts import manage
from tools.stack.postgres import OWNER, SUPERUSER, Postgres
from tools.stack.problems import Problem
from tools.stack.supervise import READY_SECONDS


@contextmanager
def started_alone(instance: Instance, server: Postgres) -> Iterator[None]:
    """Run the database without the other parts. The caller has the instance's lock.

    Raises:
        Problem: it did not come up.
    """
    log = instance.log("postgres")
    server.prepare()
    with log.open("ab") as output:
        process = subprocess.Popen(server.server_command(), cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not server.is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise Problem("PostgreSQL did not start.", do="read the cause in its log, fix it, and start again.", log=log)
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


@dataclass(slots=True)
class Snapshot:
    """The database at one moment.

    Attributes:
        name: as PostgreSQL exported it.
        without: tables whose rows are of this moment alone, and not to be restored.
        manifests: what can be pulled: by repository, each digest in hexadecimal and whether it was sold.
        checked: to be set at the end: manifests that are whole in the backup. Without it, the shop records that the backup failed.
    """

    name: str
    migrations: list[str]
    without: list[str] = field(default_factory=list)
    manifests: dict[str, dict[str, bool]] = field(default_factory=dict)
    checked: int | None = None


@contextmanager
def snapshot(instance: Instance, environment: Mapping[str, str]) -> Iterator[Snapshot]:
    """Keep a moment of the database until the block ends, and hold back deletions: what can be pulled then is still there to be copied.

    Raises:
        Problem: the shop refuses, for another backup or a garbage collection is under way.
    """
    log = instance.log("backup")
    with log.open("w") as errors:
        process = subprocess.Popen(
            manage("registry_hold", "snapshot"),
            env=dict(environment),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        taken = _read(process)
        if taken is not None:
            yield taken
    except BaseException:
        process.communicate("")
        raise
    process.communicate("" if taken is None else json.dumps({"checked": taken.checked}) + "\n")
    if process.returncode or taken is None:
        raise Problem("The shop does not let a backup be made now.", do="read why in its log.", log=log)


def _read(process: subprocess.Popen[str]) -> Snapshot | None:
    """Read what the shop says; None if it ended before its last line."""
    taken: Snapshot | None = None
    for line in process.stdout or ():
        said = json.loads(line)
        if not said:
            return taken
        if taken is None:
            taken = Snapshot(said["snapshot"], said["migrations"], said["without"])
        else:
            taken.manifests.setdefault(said["repository"], {})[said["digest"].removeprefix("sha256:")] = said["sold"]
    return None


def dump(server: Postgres, file: Path, *, at: Snapshot) -> None:
    """Write the database as it was at a snapshot.

    Raises:
        Problem: pg_dump failed; says why.
    """
    without = [f"--exclude-table-data={table}" for table in at.without]
    options = ("--format=custom", "--compress=1", f"--snapshot={at.name}", f"--file={file}", *without)
    _run([str(server.programs / "pg_dump"), f"--host={server.sockets}", f"--username={OWNER}", *options, OWNER])


def load(server: Postgres, file: Path) -> None:
    """Fill the shop's empty database from a dump.

    Raises:
        Problem: pg_restore failed; says why.
    """
    server.ensure_database()
    where = (f"--host={server.sockets}", f"--username={SUPERUSER}", f"--dbname={OWNER}")
    _run([str(server.programs / "pg_restore"), *where, "--exit-on-error", str(file)])
    # Nothing is known of fresh tables, and the first queries would be planned blindly.
    _run([str(server.programs / "psql"), *where, "--quiet", "--command=ANALYZE"])


def _run(command: list[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
    if result.returncode:
        raise Problem(f"{Path(command[0]).name} failed: {result.stderr.strip()[-500:]}", do="free space if it lacks any, else report it.")
