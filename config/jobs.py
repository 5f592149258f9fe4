"""The lanes that jobs run in; a job names its own where it is declared (`common.jobs`).

A lane is a queue with workers of its own (`config.processes.worker`), so that a service that hangs delays only the work that needs it:
`money` asks Stripe, `mail` the mail server, `registry` the registry; `drawing` takes the processor, for what pages soon show;
`default` asks nobody beyond PostgreSQL and Redis, but for the domains of sellers: for seconds that are counted (`accounts.domains.proofs`);
`batch` takes minutes, over many rows, with nobody waiting for it: series, archives, retention. No other lane waits behind it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Lane:
    """What the workers of a lane may use.

    Attributes:
        slots: tasks that a worker runs at once.
        statement: seconds; PostgreSQL cancels what takes longer, because a process in the middle of a statement notices no other limit.
    """

    slots: int
    statement: int


LANES: Final[Mapping[str, Lane]] = {
    "money": Lane(slots=2, statement=20),
    "mail": Lane(slots=1, statement=20),
    "registry": Lane(slots=2, statement=60),
    "drawing": Lane(slots=1, statement=20),
    "default": Lane(slots=3, statement=50),  # one of them may wait for the domains of sellers
    "batch": Lane(slots=3, statement=50),
}
