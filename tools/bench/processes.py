"""Which memory and processor time a process and its children have used, as the kernel counts it (proc(5): VmRSS, VmHWM, stat)."""

import os
from pathlib import Path

_KIB = 1024


def family(pid: int) -> list[int]:
    """Return a process and all its descendants that live now."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        status = _status(int(folder.name))
        if "PPid" in status:
            parents[int(folder.name)] = int(status["PPid"])
    found = [pid]
    for member in found:  # grows while it is read
        found += [child for child, parent in parents.items() if parent == member]
    return found


def resident(pid: int) -> int:
    """Return the bytes a process holds in memory now; 0 if it is gone."""
    return _bytes(pid, "VmRSS")


def peak(pid: int) -> int:
    """Return the most bytes it ever held; 0 if it is gone."""
    return _bytes(pid, "VmHWM")


def largest_child(pid: int) -> int:
    """Return the memory of the largest of a process's descendants: of a worker, the one that runs tasks."""
    return max(map(resident, family(pid)[1:]), default=0)


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process and its living descendants have used, in user and system mode (proc(5): stat)."""
    return sum(sum(map(int, _stat(member)[11:13])) for member in family(pid)) / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.rpartition(")")[2].split()


def _bytes(pid: int, name: str) -> int:
    return int(_status(pid).get(name, "0 kB").split()[0]) * _KIB


def _status(pid: int) -> dict[str, str]:
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in text.splitlines())}
