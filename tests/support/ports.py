"""Ports for the servers of tests, of which several may start at the same moment."""

import random
from collections import deque
from socket import AF_UNIX, socket
from typing import Final

from tools.stack.ports import is_free

# Above a demo's, and below those of whole stacks and of outgoing connections: nobody else picks from here.
PORTS = range(13_000, 20_000)
# A port is nobody's until its server listens. Meanwhile a socket of this name says to the tests of other processes that it is taken.
_taken: Final[deque[socket]] = deque()
_MOST_TAKEN = 50
_chance = random.SystemRandom()  # Hypothesis gives the other one the same seed in every process


def free_port() -> int:
    """Return a port that nobody listens on, and that no test of any process has been given lately."""
    while True:
        port, claim = _chance.choice(PORTS), socket(AF_UNIX)
        try:
            claim.bind(f"\0layerstore-test-port-{port}")
        except OSError:
            claim.close()
            continue
        _taken.append(claim)
        if len(_taken) > _MOST_TAKEN:
            _taken.popleft().close()
        if is_free(port):
            return port
