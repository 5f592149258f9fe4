"""What a stack that was killed may have left behind: its lock, its processes, its mounts."""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tools.stack.instance import Instance
from tools.stack.problems import Problem

STOPPING_SECONDS = 45


class Lock:
    """Held by the process that runs an instance and by its supervisord, so it is free only once the parts have been stopped."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.descriptor = -1

    def take(self) -> None:
        """Take the lock; waits while a stack whose starter has ended is still stopping.

        Raises:
            Problem: the instance runs already.
        """
        file = self.instance.var / "run" / "lock"
        self.descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + STOPPING_SECONDS
        while not self._try():
            owner = os.pread(self.descriptor, 20, 0).decode().strip()
            if time.monotonic() > deadline or (owner and Path(f"/proc/{owner}").exists()):
                self.release()
                do = "use it, stop it (Ctrl-C there), or start another: LAYERSTORE_PORT=8180 LAYERSTORE_VAR=var/8180 script/demo"
                raise Problem(f"This stack already runs at {self.instance.url} (process {owner or 'unknown'}).", do=do)
            time.sleep(0.1)
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, str(os.getpid()).encode(), 0)

    def _try(self) -> bool:
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Give the lock back."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def end_leftover_processes(instance: Instance) -> list[int]:
    """End what is left of a former run of this instance, and return the process ids that were ended.

    To be called with the lock held, so no part has a supervisord any more. A process is ours when it belongs to the session that
    the former supervisord led, and works in a folder of this instance: a process id that was reused fails the second condition.
    """
    file = instance.var / "run" / "session"
    if not file.exists():
        return []
    found = list(session_members(int(file.read_text()), instance))
    for number in found:
        os.kill(number, signal.SIGKILL)
    deadline = time.monotonic() + STOPPING_SECONDS
    while any(number in found for number, _ in process_table()) and time.monotonic() < deadline:
        time.sleep(0.05)
    file.unlink()
    return found


def session_members(session: int, instance: Instance) -> Iterator[int]:
    """Yield the processes of a session that work in a folder of the instance."""
    for number, fields in process_table():
        with suppress(OSError):  # it ended while we looked
            if int(fields[3]) == session and Path(f"/proc/{number}/cwd").readlink().is_relative_to(instance.var):
                yield number


def group_members(group: int) -> Iterator[int]:
    """Yield the processes of a process group."""
    return (number for number, fields in process_table() if int(fields[2]) == group)


def process_table() -> Iterator[tuple[int, list[str]]]:
    """Yield each process's id and what proc(5) tells of it: its state, its parent, its group, its session and more.

    Those that have ended and only wait to be reaped are left out. One whose first thread has ended is a zombie at once, but holds
    its sockets and files until its other threads have ended too.
    """
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended while we looked
            # The name is in brackets and may hold spaces.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            state, threads = fields[0], int(fields[17])
            if state != "Z" or threads > 1:
                yield int(entry.name), fields


def unmount_below(folder: Path) -> None:
    """Unmount what a killed dockerd left mounted below a folder, innermost first."""
    mounts = [line.split()[1].replace("\\040", " ") for line in Path("/proc/self/mounts").read_text().splitlines()]
    for mount in sorted((mount for mount in mounts if Path(mount).is_relative_to(folder)), reverse=True):
        subprocess.run(["umount", mount], capture_output=True, check=False)
