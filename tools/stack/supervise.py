"""Starting and stopping processes in order. supervisord does the work; this module writes its configuration and calls it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any, Literal, cast
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from tools.stack.instance import Instance, write_private
from tools.stack.leftovers import group_members
from tools.stack.probes import Probe, at_once
from tools.stack.problems import Problem
from tools.stack.signals import dying_with_parent

READY_SECONDS = 60
STOP_SECONDS = 60
# What a killed part held may outlive it for a moment, as PostgreSQL's shared memory does: then its next start fails, and a later one works.
STARTS_AGAIN = 5
QUESTION_SECONDS = 0.4  # less than supervisord waits before it starts again what has ended
ALIVE = ("STARTING", "RUNNING")
# The database's folder is made; the shop's tables, keys and static files are there, and whatever waited for less is ready.
After = Literal["nothing", "cluster", "tables"]


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the stack.

    Attributes:
        stage: with which others it is stopped. Stages are stopped in the reverse order of their first part.
        after: what must have happened before it is begun.
        ready: makes the probe when the part is begun, so that it may remember how things were before.
        required: whether the stack cannot do without it.
    """

    name: str
    command: Sequence[str]
    stage: str
    after: After = "nothing"
    ready: Callable[[], Probe] = field(default=lambda: at_once)
    stop_signal: str = "TERM"
    stop_seconds: int = 10
    folder: Path | None = None
    required: bool = True

    def section(self, *, instance: Instance, restarts: bool) -> str:
        """Return the part's section of supervisord's configuration.

        The folder is our mark: every process of the stack works somewhere under var/, so a later start knows what is ours.
        """
        command = [*dying_with_parent(self.stop_signal), *self.command]
        return "\n".join(
            [
                f"[program:{self.name}]",
                f"command = {' '.join(quoted(word) for word in command)}",
                f"directory = {escaped(str(self.folder or instance.var / 'run'))}",
                "autostart = false",
                f"autorestart = {'true' if restarts else 'false'}",
                "startsecs = 1",
                f"startretries = {STARTS_AGAIN if restarts else 0}",
                f"stopsignal = {self.stop_signal}",
                f"stopwaitsecs = {self.stop_seconds}",
                "killasgroup = true",
                "redirect_stderr = true",
                f"stdout_logfile = {escaped(str(instance.log(self.name)))}",
                "stdout_logfile_maxbytes = 10MB",
                "stdout_logfile_backups = 1",
                "",
            ]
        )


def escaped(value: str) -> str:
    """Return a value as supervisord's configuration takes it: % begins an expansion there."""
    return value.replace("%", "%%")


def quoted(word: str) -> str:
    """Return a word of a command or of an environment as supervisord's own parser (shlex) reads it back."""
    return '"' + escaped(word).replace("\\", "\\\\").replace('"', '\\"') + '"'


class Supervisor:
    """The supervisord of one instance, a child of ours that ends with us."""

    def __init__(self, instance: Instance, parts: Sequence[Part], *, restarts: bool = True) -> None:
        self.instance = instance
        self.parts = {part.name: part for part in parts}
        self.restarts = restarts
        self.process: subprocess.Popen[bytes] | None = None
        self.pids: dict[str, int] = {}
        self.probes: dict[str, Probe] = {}

    def configuration(self) -> str:
        """Return supervisord's configuration for all parts."""
        socket = escaped(str(self.instance.socket("supervisor")))
        run = escaped(str(self.instance.var / "run"))
        user = "user = root\n" if os.geteuid() == 0 else ""
        head = [
            f"[unix_http_server]\nfile = {socket}\nchmod = 0600\n",
            "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n",
            f"[supervisord]\nnodaemon = true\nlogfile = /dev/null\nlogfile_maxbytes = 0\n{user}",
            f"pidfile = {run}/supervisord.pid\nchildlogdir = {run}\nloglevel = info\n",
        ]
        stages: dict[str, list[str]] = {}
        for part in self.parts.values():
            stages.setdefault(part.stage, []).append(part.name)
        groups = (
            f"[group:{stage}]\nprograms = {','.join(members)}\npriority = {order}\n"
            for order, (stage, members) in enumerate(stages.items(), start=1)
        )
        sections = (part.section(instance=self.instance, restarts=self.restarts) for part in self.parts.values())
        return "\n".join([*head, *groups, *sections])

    def launch(self, environment: Mapping[str, str], *, keep_open: Sequence[int] = ()) -> None:
        """Start supervisord, with no part yet. The descriptors stay open in it: a lock we hold is held while it lives.

        Raises:
            Problem: it did not come up.
        """
        file = self.instance.var / "run" / "supervisord.conf"
        write_private(file, self.configuration())
        # A session of its own: the terminal's Ctrl-C reaches us alone, and we stop the parts in order.
        command = [*dying_with_parent("TERM"), sys.executable, "-m", "supervisor.supervisord", "-c", str(file)]
        log = self.instance.log("supervisord")
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=keep_open,
            )
        write_private(self.instance.var / "run" / "session", f"{self.process.pid}\n")
        self._wait(self._is_up, lambda: self.process is not None and self.process.poll() is not None, what="supervisord", log=log)

    def _is_up(self) -> bool:
        try:
            self._call("getState")
        except (OSError, Fault, HTTPException):
            return False
        return True

    def start(self, *names: str) -> None:
        """Start the parts side by side, and return when all of them are ready.

        Raises:
            Problem: one ended or did not get ready; has the end of its log.
        """
        self.begin(*names)
        self.await_ready(*names)

    def begin(self, *names: str) -> None:
        """Start the parts, and do not wait for them."""
        self.probes |= {name: self.parts[name].ready() for name in names}
        for name in names:
            self._call("startProcess", self._full(name), False)
            self.pids[name] = self._info(name)["pid"]

    def await_ready(self, *names: str) -> None:
        """Return when these parts, which have been begun, are ready.

        Raises:
            Problem: one ended or did not get ready; has the end of its log.
        """
        for name in names:
            self._wait(self.probes[name], partial(self.has_ended, name), what=name, log=self.instance.log(name))

    def has_ended(self, name: str) -> bool:
        """Tell whether the process that we last started for this part has ended, even if it was restarted."""
        info = self._info(name)
        return info["statename"] not in ALIVE or info["pid"] != self.pids[name]

    def is_running(self, name: str) -> bool:
        """Tell whether a process works for this part, ours or one that was started after it."""
        info = self._info(name)
        return info["statename"] == "RUNNING" and bool(info["pid"])

    def _wait(self, ready: Probe, ended: Callable[[], bool], *, what: str, log: Path) -> None:
        """Return when it is ready. Whether it has ended is asked for less often: that question goes through supervisord."""
        deadline, asked_at = time.monotonic() + READY_SECONDS, -QUESTION_SECONDS
        while not ready():
            now = time.monotonic()
            if now >= asked_at + QUESTION_SECONDS:
                asked_at = now
                if ended():
                    raise Problem(
                        f"{what} ended while it was being started.", do="read the cause in its log, fix it, and start again.", log=log
                    )
            if now > deadline:
                raise Problem(f"{what} was not ready within {READY_SECONDS} s.", do="its log may say why.", log=log)
            time.sleep(0.05)

    def stop_part(self, name: str) -> None:
        """Stop one part as its signal says, and return when it has ended."""
        self._call("stopProcess", self._full(name), True)

    def kill(self, name: str) -> None:
        """Kill a part and its children outright, as a machine out of memory does. Returns when they are gone."""
        group = self._info(name)["pid"]
        os.killpg(group, signal.SIGKILL)

        # A child that outlives the others for a moment may hold the socket, and be taken for the part that is started next.
        def gone() -> bool:
            return self.has_ended(name) and not any(group_members(group))

        self._wait(gone, lambda: False, what=f"the end of {name}", log=self.instance.log(name))

    def restarted_or_failed(self) -> tuple[list[str], list[str]]:
        """Return which parts supervisord started again since we last looked, and which it gave up."""
        again, failed = [], []
        # supervisord shows EXITED for a moment before it starts a part again.
        given_up = ("FATAL",) if self.restarts else ("FATAL", "EXITED")
        for info in self._all():
            name = info["name"]
            if name not in self.pids:
                continue
            if info["statename"] in given_up:
                failed.append(name)
            elif info["pid"] and info["pid"] != self.pids[name]:
                self.pids[name] = info["pid"]
                again.append(name)
        return again, failed

    def stop(self) -> None:
        """Stop every part in the reverse order of their start, then supervisord. Returns when nothing of it is left."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self._stop_stages()
            self.process.terminate()
            try:
                self.process.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None
        self.pids.clear()

    def _stop_stages(self) -> None:
        """Stop stage by stage, then supervisord.

        It would do all of this by itself on SIGTERM, and does when we are killed, but checks only once a second unless it is called.
        """
        try:
            for stage in reversed(list(dict.fromkeys(part.stage for part in self.parts.values()))):
                self._call("stopProcessGroup", stage, False)
                while any(info["group"] == stage and info["statename"] == "STOPPING" for info in self._all()):
                    time.sleep(0.05)
            self._call("shutdown")
            while self._is_up():
                time.sleep(0.05)
        except (OSError, Fault, HTTPException):
            return

    def _full(self, name: str) -> str:
        return f"{self.parts[name].stage}:{name}"

    def _info(self, name: str) -> dict[str, Any]:
        return cast("dict[str, Any]", self._call("getProcessInfo", self._full(name)))

    def _all(self) -> list[dict[str, Any]]:
        return cast("list[dict[str, Any]]", self._call("getAllProcessInfo"))

    def _call(self, method: str, *arguments: object) -> object:
        # A transport that once failed stays broken, and a connection to a Unix socket costs nothing: one for each call.
        make_transport: Any = SupervisorTransport  # supervisor carries no types
        transport = make_transport(serverurl=f"unix://{self.instance.socket('supervisor')}")
        with ServerProxy("http://127.0.0.1", transport=transport) as proxy:
            return getattr(proxy.supervisor, method)(*arguments)
