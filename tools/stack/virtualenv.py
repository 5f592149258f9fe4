"""The checkout's `.venv`: the packages that a purpose needs, exactly as locked by hash; extended when another purpose needs more."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.stack.machine import require_space
from tools.stack.problems import Problem
from tools.stack.progress import run_logged, say

# Each lock file with those that it contains: tests need everything that the demo runs.
CONTAINS = {"demo.txt": ("demo.txt",), "dev.txt": ("demo.txt", "dev.txt")}
LOCKS = {"demo": "demo.txt", "server": "demo.txt", "test": "dev.txt", "bench": "dev.txt"}
SPACE = {"demo.txt": 360 * 10**6, "dev.txt": 900 * 10**6}
# Nothing is resolved or built, which would fetch what no lock file names. Byte code is compiled on first use.
EXACTLY = ("--no-deps", "--require-hashes", "--only-binary=:all:", "--no-compile")
OFFLINE = ("NewConnectionError", "Temporary failure in name resolution", "ProxyError", "ConnectTimeoutError", "No matching distribution")


class Unfit(Problem):
    """Packages that do not fit together."""


class Virtualenv:
    """The Python environment of one checkout, as far as one purpose needs it."""

    def __init__(self, root: Path, purpose: str = "demo") -> None:
        self.folder = root / ".venv"
        self.python = self.folder / "bin" / "python"
        self.requirements = root / "requirements"
        self.lock = self.requirements / LOCKS[purpose]
        self.stamp = self.folder / "holds.json"

    def wanted(self) -> dict[str, str]:
        """Return the digest of the lock, and of each that it contains: what the stamp says once the environment is filled."""
        return {name: hashlib.sha256((self.requirements / name).read_bytes()).hexdigest() for name in CONTAINS[self.lock.name]}

    def works(self) -> bool:
        """Tell whether the environment's Python runs and is new enough; it breaks when the Python below it goes."""
        command = [str(self.python), "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"]
        return self.python.exists() and subprocess.run(command, capture_output=True, check=False).returncode == 0

    def is_ready(self) -> bool:
        """Tell whether the environment holds what the lock names; it may hold more, for another purpose."""
        try:
            stamped = json.loads(self.stamp.read_text())
        except (OSError, ValueError):
            return False
        return stamped.get(self.lock.name) == self.wanted()[self.lock.name] and self.works()

    def ensure(self, log: Path) -> None:
        """Make the environment ready; does nothing when it is.

        Raises:
            Problem: no space, no network, pip refused (a hash that does not match included), or the lock lacks something.
        """
        with self._alone():
            if self.is_ready():
                return
            extended = self.works()
            if not extended:
                self._make(log)
            try:
                self._fill(log)
            except Unfit:
                if not extended:
                    raise
                say("  .venv holds a package of an earlier version that no longer fits: making it anew.")
                self._make(log)
                self._fill(log)

    def _fill(self, log: Path) -> None:
        self.stamp.unlink(missing_ok=True)
        require_space(self.folder, needed=SPACE[self.lock.name], purpose=".venv")
        count = self.lock.read_text().count("==")
        self._pip("install", *EXACTLY, "-r", str(self.lock), title=f"Installing {count} Python packages into .venv", log=log)
        # The installation ignored dependencies, so check whether one is missing or has another version.
        self._pip("check", title="Checking that no Python package lacks another", log=log)
        self.stamp.write_text(json.dumps(self.wanted(), indent=2) + "\n")

    def _make(self, log: Path) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        result = run_logged([sys.executable, "-m", "venv", str(self.folder)], title="Making .venv", log=log)
        if result.returncode:
            raise explain(result.stdout, log)

    def _pip(self, *arguments: str, title: str, log: Path) -> None:
        command = [str(self.python), "-m", "pip", "--no-input", "--disable-pip-version-check", *arguments]
        result = run_logged(command, title=title, log=log)
        if result.returncode:
            raise explain(result.stdout, log)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Only one command at a time fills the environment: script/demo and script/test may be started together."""
        with (self.requirements / "dev.txt").open() as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("  Waiting for another command that is installing into .venv …")
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def explain(output: str, log: Path) -> Problem:
    """Turn what pip wrote into a message that says what to do."""
    if "No space left on device" in output:
        return Problem("The disk is full: .venv could not be filled.", do="free some space, then start again.", log=log)
    if "DO NOT MATCH THE HASHES" in output:
        do = "do not go on: what was downloaded is not what was locked. Try another network, then report it."
        return Problem("A Python package does not match its hash.", do=do, log=log)
    if "which is not installed" in output or "but you have" in output:
        do = "report it: requirements/ lack something, or name versions that cannot stand together."
        return Unfit("The Python packages in .venv do not fit together.", do=do, log=log)
    if any(sign in output for sign in OFFLINE):
        do = "check the network; behind a proxy set https_proxy, then start again."
        return Problem("The Python package index cannot be reached.", do=do, log=log)
    return Problem("The Python packages could not be installed.", do="fix what pip reports, then start again.", log=log)
