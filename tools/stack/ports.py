"""Are the ports free, and if not, who holds them?"""

import random
import socket
from pathlib import Path

from tools.stack.instance import HIGHEST, Instance
from tools.stack.problems import Problem

LOWEST_TRIAL = 20_000
LISTEN = "0A"  # the state column of /proc/net/tcp, include/net/tcp_states.h


def require_free_ports(instance: Instance) -> None:
    """Check that every port of the instance can be listened on.

    Raises:
        Problem: names the first port that is taken, the part that wanted it, and the process that holds it where we may know.
    """
    for part, port in instance.ports.items():
        if not is_free(port):
            holder = holder_of(port)
            by = f" by {holder}" if holder else ""
            other = instance.port + 100 if instance.port + 100 < 28000 else 8280  # noqa: PLR2004 - any other port of the range
            do = f"stop that program, or choose other ports and data: LAYERSTORE_PORT={other} LAYERSTORE_VAR=var/{other} script/demo"
            raise Problem(f"Port {port}, which {part} needs (LAYERSTORE_PORT + {port - instance.port}), is in use{by}.", do=do)


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this port of the loopback now."""
    with socket.socket() as probe:
        # As servers do it: connections of a stack that has just stopped linger for a minute and are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_base_port() -> int:
    """Return a port that is free with all that follow from it, away from the default's and below those of outgoing connections."""
    while True:
        port = random.randrange(LOWEST_TRIAL, HIGHEST)  # noqa: S311 - no secret
        if all(is_free(each) for each in Instance(port=port, var=Path("/")).ports.values()):
            return port


def holder_of(port: int) -> str | None:
    """Return "nginx (process 123)" for the process that listens on the port, where /proc lets us see it."""
    inodes = {f"socket:[{inode}]" for table in ("tcp", "tcp6") for inode in listening_inodes(Path("/proc/net") / table, port)}
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(descriptor.readlink()) in inodes:
                process = descriptor.parent.parent
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
        except OSError:
            continue  # the process went, or is another user's
    return None


def listening_inodes(table: Path, port: int) -> list[str]:
    """Return the socket inodes that listen on a port, from a table as proc(5) describes it."""
    try:
        rows = [line.split() for line in table.read_text().splitlines()[1:]]
    except OSError:
        return []
    return [row[9] for row in rows if row[3] == LISTEN and int(row[1].rpartition(":")[2], 16) == port]
