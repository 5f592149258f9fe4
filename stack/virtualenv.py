"""The checkout's `.venv`: made once, filled from the hash-locked requirements, left alone while the lock stays."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.machine import require_space
from stack.problems import Problem
from stack.progress import run_logged, say

SPACE = 700 * 10**6
OFFLINE = ("NewConnectionError", "Temporary failure in name resolution", "ProxyError", "ConnectTimeoutError", "No matching distribution")


class Virtualenv:
    """The Python environment of one checkout."""

    def __init__(self, root: Path) -> None:
        self.folder = root / ".venv"
        self.python = self.folder / "bin" / "python"
        self.lock = root / "requirements" / "dev.txt"
        self.stamp = self.folder / "requirements.sha256"

    def wanted(self) -> str:
        """Return the digest of the lock file: what the stamp must say."""
        return hashlib.sha256(self.lock.read_bytes()).hexdigest()

    def works(self) -> bool:
        """Tell whether the environment's Python runs and is new enough; it breaks when the Python below it goes."""
        command = [str(self.python), "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"]
        return self.python.exists() and subprocess.run(command, capture_output=True, check=False).returncode == 0

    def is_ready(self) -> bool:
        """Tell whether the environment holds exactly what the lock names."""
        return self.stamp.exists() and self.stamp.read_text().strip() == self.wanted() and self.works()

    def ensure(self, log: Path) -> None:
        """Make the environment ready; does nothing when it is.

        Raises:
            Problem: no space, no network, or pip refused (a hash that does not match included).
        """
        with self._alone():
            if self.is_ready():
                return
            if not self.works():
                self._make(log)
            count = self.lock.read_text().count("==")
            require_space(self.folder, needed=SPACE, purpose=".venv")
            command = [str(self.python), "-m", "pip", "install", "--no-deps", "--require-hashes", "--no-input", "--disable-pip-version-check"]
            result = run_logged([*command, "-r", str(self.lock)], title=f"Installing {count} Python packages into .venv", log=log)
            if result.returncode:
                raise explain(result.stdout, log)
            self.stamp.write_text(self.wanted() + "\n")

    def _make(self, log: Path) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        result = run_logged([sys.executable, "-m", "venv", str(self.folder)], title="Making .venv", log=log)
        if result.returncode:
            raise explain(result.stdout, log)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Only one command at a time fills the environment: script/demo and script/test may be started together."""
        with self.lock.open() as handle:
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
    if any(sign in output for sign in OFFLINE):
        do = "check the network; behind a proxy set https_proxy, then start again."
        return Problem("The Python package index cannot be reached.", do=do, log=log)
    return Problem("The Python packages could not be installed.", do="mend what pip says, then start again.", log=log)
