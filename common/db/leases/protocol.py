"""What a store of leases promises, whichever it is.

A lease has one holder at a time, who renews it while the job runs. One that is not renewed runs out after its duration, and somebody else
may take it. Each grant has a fencing number higher than all before it, so that a write can tell a late holder from its successor (Martin
Kleppmann, "How to do distributed locking"). No two machines' clocks are compared.
"""

import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import uuid4

from django.db import OperationalError

Clock = Callable[[], float]  # seconds that only grow, as `time.monotonic` has them


class LeaseStoreAway(Exception):
    """The store of leases did not answer, or not in time. What it was asked may have been done or not."""


class LeaseLost(OperationalError):
    """A job may write nothing more: its lease was not renewed in time, or somebody else has it.

    To those who handle failures the database takes no more writes: no row is at fault, and the run ends.
    """


@dataclass(frozen=True, slots=True)
class Grant:
    """A lease that was granted.

    Attributes:
        name: of the lease: the job's, with a number if several may have it at a time.
        holder: who has it, never the same twice: the machine, the process and a random part.
        number: the fencing number.
        until: when it runs out unless it is renewed, on the clock of this process. Counted from before the store was asked, so never late.
    """

    name: str
    holder: str
    number: int
    until: float


class LeaseStore(Protocol):
    """Grants leases. A grant may be used by one thread while another renews it.

    All three raise `LeaseStoreAway`.
    """

    def acquire(self, names: Sequence[str], *, seconds: float) -> Grant | None:
        """Return a lease of one of these names for so long; None if all of them are held. Its fencing number is the highest."""

    def renew(self, grant: Grant, *, seconds: float) -> bool:
        """Extend a lease, counted from now; return False if somebody else has it, or had it meanwhile."""

    def release(self, grant: Grant) -> None:
        """Let others have the lease at once. If somebody else has it, nothing changes."""


def new_holder() -> str:
    """Return a name for the holder of one grant."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid4().hex[:16]}"
