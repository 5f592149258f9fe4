"""The private PostgreSQL: as user postgres when we are root, on a Unix socket only, its data under var/ wherever that user may go."""

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.stack.instance import Instance
from tools.stack.packages import postgres_programs
from tools.stack.problems import Problem
from tools.stack.signals import dying_with_parent

# Lets the server read and enter folders of root (a clone under /root is 0700) without widening the mode of any.
CAPABILITY = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
SUPERUSER = "postgres"
OWNER = "layerstore"  # the shop's role: owns its databases and has no other rights
IDENTITY = ("--reuid=postgres", "--regid=postgres", "--init-groups")
FALLBACK = Path("/var/lib")


@dataclass(frozen=True, slots=True)
class Postgres:
    """How the server is run here: its programs, its data, and what stands before each command to become user postgres."""

    programs: Path
    data: Path
    sockets: Path
    become: tuple[str, ...]
    notice: str | None = None

    def command(self, *arguments: str) -> list[str]:
        """Return a command of PostgreSQL's, run as the server's user."""
        return [*self.become, str(self.programs / arguments[0]), *arguments[1:]]

    def server_command(self, *, durable: bool = True) -> list[str]:
        """Return the command that is the server. `durable=False`, for tests: only a crash of the machine loses data."""
        options = ["listen_addresses=", "unix_socket_permissions=0700", "max_connections=100", "log_timezone=UTC", "timezone=UTC"]
        if not durable:
            options += ["fsync=off", "full_page_writes=off", "jit=off"]
        settings = [argument for option in options for argument in ("-c", option)]
        server = [str(self.programs / "postgres"), "-D", str(self.data), "-k", str(self.sockets), *settings]
        return [*self.become, *dying_with_parent("INT"), *server]

    def prepare(self) -> None:
        """Make the cluster and the socket folder when they are not there; a cluster that was cut off while being made is made again.

        Raises:
            Problem: initdb refused.
        """
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        self._give(self.sockets)
        if self._mark.exists():
            self._forget_dead_server()
            return
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700, parents=True)
        self._give(self.data)
        # Only who can enter the socket's folder (0700) can connect at all, so no password is needed behind it.
        arguments = (
            "-D",
            str(self.data),
            "-U",
            SUPERUSER,
            "--auth-local=trust",
            "--auth-host=reject",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        )
        result = subprocess.run(self.command("initdb", *arguments), capture_output=True, text=True, cwd="/", check=False)
        if result.returncode:
            raise Problem(
                f"PostgreSQL's data could not be made: {result.stderr.strip()}",
                do="free some space or correct the permissions, then start again.",
            )
        self._mark.write_text(SUPERUSER + "\n")

    @property
    def _mark(self) -> Path:
        """A file that says that the cluster is complete, and who its superuser is: the shop's role if it is empty, as in older versions."""
        return self.data / "layerstore.ready"

    def is_ready(self) -> bool:
        """Tell whether the server takes connections."""
        return (
            subprocess.run(
                self.command("pg_isready", "-q", "-h", str(self.sockets), "-U", "layerstore", "-d", "postgres"), cwd="/", check=False
            ).returncode
            == 0
        )

    def ensure_database(self, name: str = OWNER) -> None:
        """Make the shop's role and a database of its own when they are not there.

        Raises:
            Problem: the server refused.
        """
        self.ensure_owner()
        self._administer("createdb", "--owner", OWNER, name)

    def ensure_owner(self, *attributes: str) -> None:
        """Make the shop's role when it is not there. It may log in and, unless an attribute says so, nothing else.

        Args:
            attributes: options of createuser(1). The tests' role makes databases.

        Raises:
            Problem: the server refused.
        """
        self._administer("createuser", *attributes, OWNER)

    def let_set(self, parameter: str) -> None:
        """Let the shop's role set a parameter that is otherwise the superuser's. For measurements alone.

        Raises:
            Problem: the server refused.
        """
        self._administer("psql", "--quiet", "--command", f"GRANT SET ON PARAMETER {parameter} TO {OWNER}", "postgres")

    def set_for_all(self, parameter: str, value: str) -> None:
        """Set a parameter of the running server, also for connections that are open. For measurements alone.

        Raises:
            Problem: the server refused.
        """
        commands = (f"ALTER SYSTEM SET {parameter} = '{value}'", "SELECT pg_reload_conf()")
        self._administer("psql", "--quiet", *(part for command in commands for part in ("--command", command)), "postgres")

    def _administer(self, program: str, *arguments: str) -> None:
        superuser = self._mark.read_text().strip() or OWNER
        command = self.command(program, "-h", str(self.sockets), "-U", superuser, *arguments)
        result = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
        if result.returncode and "already exists" not in result.stderr:
            raise Problem(f"PostgreSQL refused {program}: {result.stderr.strip()}", do="look into var/log/postgres.log.")

    def _give(self, folder: Path) -> None:
        if self.become:
            user = pwd.getpwnam("postgres")
            os.chown(folder, user.pw_uid, user.pw_gid)

    def _forget_dead_server(self) -> None:
        """Remove the pid file of a server that was killed, when that number now belongs to a process that works elsewhere.

        PostgreSQL itself cannot tell another server of the same user from its own former self, and would refuse to start.
        """
        file = self.data / "postmaster.pid"
        try:
            number = int(file.read_text().split()[0])
            alive = Path(f"/proc/{number}/cwd").readlink() == self.data
        except (OSError, ValueError, IndexError):
            alive = False
        if not alive:
            file.unlink(missing_ok=True)


def find_postgres(instance: Instance, *, data: Path | None = None) -> Postgres:
    """Return the way in which PostgreSQL can run for this instance: it refuses root, and user postgres may not enter every folder.

    Raises:
        Problem: we are root, and there is no user postgres to become.
    """
    folder = postgres_programs()
    if folder is None:
        raise Problem("PostgreSQL is not installed.", do="run: script/bootstrap")
    here = data or instance.var / "postgres"
    sockets = instance.sockets / "postgres"
    if os.geteuid() != 0:
        return Postgres(programs=folder, data=here, sockets=sockets, become=())
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        raise Problem(
            "There is no user postgres, and PostgreSQL does not run as root.", do="run: adduser --system --group postgres"
        ) from None
    for extra in ((), CAPABILITY):
        become = ("setpriv", *IDENTITY, *extra)
        if may_enter(become, here.parent):
            return Postgres(programs=folder, data=here, sockets=sockets, become=become)
    elsewhere = fallback_data(here)
    notice = (
        f"User postgres may not enter {here.parent}, and this machine does not let us grant that: PostgreSQL's data is under {elsewhere}."
    )
    return Postgres(programs=folder, data=elsewhere, sockets=sockets, become=("setpriv", *IDENTITY), notice=notice)


def fallback_data(data: Path) -> Path:
    """Return the data folder used when user postgres may not enter the intended one."""
    return FALLBACK / ("layerstore-" + hashlib.sha256(str(data).encode()).hexdigest()[:8]) / "postgres"


def may_enter(become: tuple[str, ...], folder: Path) -> bool:
    """Tell whether the user that `become` leads to can go into a folder."""
    # Really entered: access(2), which test(1) uses, ignores capabilities.
    command = [*become, "sh", "-c", 'cd "$1"', "sh", str(folder)]
    return subprocess.run(command, capture_output=True, cwd="/", check=False).returncode == 0
