"""Ports for the servers of tests, of which several may start at the same moment."""

import random

from tools.stack.ports import is_free

# Above a demo's, and below those of whole stacks and of outgoing connections: nobody else picks from here.
PORTS = range(13_000, 20_000)


def free_port() -> int:
    """Return a port that nobody listens on, by chance, so that tests beside this one come by another."""
    while True:
        port = random.choice(PORTS)
        if is_free(port):
            return port
