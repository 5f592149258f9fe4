"""A docker daemon for one test module: of its own folder, without a network of its own, gone at the end."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.stack.leftovers import unmount_below

FLAGS = ("--bridge=none", "--iptables=false", "--ip6tables=false")
START_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Daemon:
    """A running daemon, and the client's way to it."""

    socket: Path

    def docker(self, *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run the client with the classic builder, which every version has; never raises for its status."""
        environment = os.environ | {
            "DOCKER_HOST": f"unix://{self.socket}",
            "DOCKER_BUILDKIT": "0",
            "DOCKER_CONFIG": str(self.socket.parent),
        }
        return subprocess.run(["docker", *arguments], env=environment, capture_output=True, text=True, check=False, timeout=timeout)


@contextmanager
def private_daemon() -> Iterator[Daemon | None]:
    """Run a daemon; None where none can run: without root, or in a container that may not mount."""
    folder = Path(tempfile.mkdtemp(prefix="lsd-"))  # short: a socket's path ends at 107 bytes
    (folder / "daemon.json").write_text("{}")
    where = (
        "--data-root",
        f"{folder}/data",
        "--exec-root",
        f"{folder}/exec",
        "--pidfile",
        f"{folder}/pid",
        "--host",
        f"unix://{folder}/s.sock",
    )
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(["dockerd", "--config-file", f"{folder}/daemon.json", *where, *FLAGS], stdout=log, stderr=log)
    try:
        daemon = Daemon(folder / "s.sock")
        yield daemon if _answers(daemon, process) and _builds(daemon, folder) else None
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        unmount_below(folder)  # the daemon leaves its host network's namespace mounted
        shutil.rmtree(folder, ignore_errors=True)


def _answers(daemon: Daemon, process: subprocess.Popen[bytes]) -> bool:
    end = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        if daemon.docker("version").returncode == 0:
            return True
        time.sleep(0.1)
    return False


def _builds(daemon: Daemon, folder: Path) -> bool:
    """A daemon without the right to mount answers, but cannot build."""
    probe = folder / "probe"
    probe.mkdir()
    (probe / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    return daemon.docker("build", "--quiet", str(probe)).returncode == 0
