"""The whole stack: start every part in order, and stop it in order."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from tools.stack import parts
from tools.stack.configs import write_configs
from tools.stack.docker import Docker, user_daemon
from tools.stack.environment import has_stream, plain_environment, shop_environment, switches, write_environment
from tools.stack.instance import ROOT, Instance
from tools.stack.leftovers import Lock, end_leftover_processes, unmount_below
from tools.stack.machine import require_space, require_writable
from tools.stack.ports import require_free_ports
from tools.stack.postgres import Postgres, find_postgres
from tools.stack.preparation import preparation
from tools.stack.problems import Problem
from tools.stack.supervise import After, Supervisor

SPACE = 300 * 10**6


class Stack:
    """Every part of one instance.

    Use it as a context: leaving it stops all parts, whatever happened inside.

    Args:
        restarts: start a part again that ends by itself. Tests of faults pass False, so that it stays down.
        durable: keep what is written through a crash of the machine. Tests pass False, for speed.
        settings: variables of config/env.py that differ from a demo's; left out, those that the user's environment switches on.
        announce: called with a few words on what is being done.
    """

    def __init__(
        self,
        instance: Instance,
        *,
        restarts: bool = True,
        durable: bool = True,
        with_docker: bool = True,
        settings: Mapping[str, str] | None = None,
        announce: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.instance = instance
        self.durable = durable
        self.with_docker = with_docker
        self.settings = switches(os.environ) if settings is None else dict(settings)
        self.announce = announce
        self.restarts = restarts
        self.lock = Lock(instance)
        self.environment = plain_environment(os.environ)
        self.docker_host: str | None = None
        self.was_launched = False
        self._supervisor: Supervisor | None = None

    @property
    def supervisor(self) -> Supervisor:
        """What runs the parts.

        Raises:
            Problem: the stack has not been started.
        """
        if self._supervisor is None:
            raise Problem("The stack does not run.", do="start it first.")
        return self._supervisor

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Bring every part up.

        Raises:
            Problem: a port is taken, the disk refuses, the stack runs already, or a part did not start.
        """
        self._prepare()
        server = find_postgres(self.instance)
        if server.notice:
            self.announce(server.notice)
        write_configs(self.instance)
        write_environment(self.instance)
        self._launch(server)
        # What needs no other part begins now, and what needs the database waits for it with all its imports done.
        begun = self._begin_after("nothing")
        with preparation(self.instance, self.environment) as go_on:
            server.prepare()
            self.supervisor.await_ready(*self._begin_after("cluster"))
            server.ensure_database()
            self.announce("tables, signing keys, static files")
            go_on()
        self.tables_are_made(server)
        self.supervisor.await_ready(*begun)
        self.supervisor.await_ready(*self._begin_after("tables"))
        if self.with_docker:
            self.announce("docker daemon")
            self.docker_host = self._find_daemon()

    def tables_are_made(self, server: Postgres) -> None:
        """Called when the migrations have run and nothing that writes rows has begun. For tests, which keep a copy of this moment."""

    def _begin_after(self, event: After) -> list[str]:
        """Begin the parts that wait for nothing more than this, and return which of them the stack cannot do without."""
        begun = [part for part in self.supervisor.parts.values() if part.after == event]
        self.announce(", ".join(part.name for part in begun))
        self.supervisor.begin(*(part.name for part in begun))
        return [part.name for part in begun if part.required]

    @property
    def _wants_own_daemon(self) -> bool:
        return self.with_docker and os.geteuid() == 0

    def _launch(self, server: Postgres) -> None:
        options = {"durable": self.durable, "own_daemon": self._wants_own_daemon, "stream": has_stream(self.settings)}
        every = parts.every_part(self.instance, server, **options)
        self._supervisor = Supervisor(self.instance, every, restarts=self.restarts)
        self.environment |= shop_environment(self.instance) | self.settings
        self.supervisor.launch(self.environment, keep_open=[self.lock.descriptor])
        self.was_launched = True

    def _prepare(self) -> None:
        require_writable([self.instance.var])
        require_space(self.instance.var, needed=SPACE, purpose="the data of a shop")
        self.instance.make_folders()
        self.lock.take()
        if self.instance.unfinished_restore.exists():
            raise Problem(f"A restore into {self.instance.var} was cut off.", do="run the same script/restore again.")
        end_leftover_processes(self.instance)
        require_free_ports(self.instance)
        self._clear_run_files()

    def _clear_run_files(self) -> None:
        """Take away what belongs to a former run, its sockets, pid files and counters; with the lock held, nobody uses them."""
        if os.geteuid() == 0:
            unmount_below(self.instance.var)
            unmount_below(self.instance.sockets)
        shutil.rmtree(self.instance.sockets, ignore_errors=True)
        shutil.rmtree(self.instance.var / "metrics", ignore_errors=True)
        self.instance.make_folders()
        for file in (self.instance.var / "run").glob("*.pid"):
            file.unlink()

    def manage(self, *arguments: str) -> None:
        """Run one of Django's commands on this stack.

        Raises:
            Problem: it failed; has the end of its output.
        """
        self._run(arguments[0], parts.manage(*arguments))

    def _run(self, name: str, command: Sequence[str]) -> None:
        log = self.instance.log(name)
        with log.open("w") as output:
            process = subprocess.Popen(
                command, env=self.environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            status = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        if status:
            raise Problem(f"{name} failed.", do="read the cause in its log, fix it, and start again.", log=log)

    def _find_daemon(self) -> str | None:
        """Return the address of a docker daemon that can build and pull here: one of our own if we may run it, else the user's."""
        own = f"unix://{self.instance.socket('docker')}"
        if self._wants_own_daemon:
            try:
                self.supervisor.await_ready("dockerd")
            except Problem as problem:
                self.announce(f"a docker daemon of our own cannot run here ({problem.what})")
            else:
                if self.docker("probe", host=own).works(self.instance.var / "run" / "probe"):
                    return own
                self.supervisor.stop_part("dockerd")
                self.announce("a docker daemon of our own cannot build here (no right to mount?)")
        theirs = user_daemon(os.environ)
        if theirs and self.docker("probe", host=theirs).works(self.instance.var / "run" / "probe"):
            return theirs
        return None

    def docker(self, user: str, *, host: str | None = None) -> Docker:
        """Return a docker client that keeps this user's credentials apart, under var/clients.

        Raises:
            Problem: no daemon can run here.
        """
        address = host or self.docker_host
        if address is None:
            raise Problem("No docker daemon can run here.", do="use skopeo, or run as root on a machine that may mount.")
        folder = self.instance.var / "clients" / user
        folder.mkdir(mode=0o700, exist_ok=True)
        return Docker(host=address, config=folder, base=plain_environment(os.environ))

    def stop(self) -> None:
        """Stop every part, in the reverse order of their start. Safe to call at any moment, and twice."""
        if self._supervisor is not None:
            self._supervisor.stop()
            self._supervisor = None
            if os.geteuid() == 0:
                unmount_below(self.instance.var)
                unmount_below(self.instance.sockets)
            shutil.rmtree(self.instance.sockets, ignore_errors=True)
        self.lock.release()

    def log_text(self, part: str) -> str:
        """Return the whole log of a part."""
        return Path(self.instance.log(part)).read_text(errors="replace")
