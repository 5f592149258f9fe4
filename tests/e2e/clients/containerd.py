"""A containerd for ctr: of its own folder, gone at the end."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.registry import wait_until
from tools.stack.leftovers import unmount_below
from tools.stack.packages import find_program

# Without Kubernetes' part, which wants a network, and without what wants kernel modules.
_CONFIGURATION = """
version = 2
root = "{folder}/root"
state = "{folder}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.restart", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
  address = "{socket}"
  uid = {uid}
  gid = {gid}
[plugins."io.containerd.internal.v1.opt"]
  path = "{folder}/opt"
"""


@contextmanager
def private_containerd() -> Iterator[Path]:
    """Run a containerd and yield its socket."""
    folder = Path(tempfile.mkdtemp(prefix="lsc-"))  # short: a socket's path ends at 107 bytes
    socket = folder / "c.sock"
    (folder / "config.toml").write_text(_CONFIGURATION.format(folder=folder, socket=socket, uid=os.getuid(), gid=os.getgid()))
    with (folder / "log").open("w") as log:
        command = [find_program("containerd") or "containerd", "--config", str(folder / "config.toml")]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until(lambda: _answers(socket))
        yield socket
    finally:
        process.terminate()
        process.wait(timeout=30)
        unmount_below(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _answers(socket: Path) -> bool:
    return subprocess.run(["ctr", "--address", str(socket), "version"], capture_output=True, check=False).returncode == 0
