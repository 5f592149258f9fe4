"""Faults on purpose: the next requests fail, are slow, or lose their answer. Kept in memory only."""

import threading
from dataclasses import dataclass, field
from typing import Any

from tools.sandbox.errors import ServerFault, lacks_permission

MODES = frozenset({"error", "lost", "slow", "hang", "permission"})


class Hangup(Exception):
    """The connection is to be closed without an answer."""


@dataclass(slots=True)
class Fault:
    """`error`: answer `status`, do nothing. `lost`: do it, hang up. `slow`: wait, do it. `hang`: wait, hang up.

    `permission`: the key is a restricted one, and this is not among what it may do.
    """

    id: int
    mode: str
    path: str
    method: str
    status: int
    seconds: float
    remaining: int
    struck: threading.Event = field(default_factory=threading.Event, repr=False)
    over: threading.Event = field(default_factory=threading.Event, repr=False)

    def as_json(self) -> dict[str, Any]:
        """For the control endpoints."""
        names = ("id", "mode", "path", "method", "status", "seconds", "remaining")
        return {name: getattr(self, name) for name in names}

    def before(self, method: str, path: str) -> None:
        """What happens before the request is acted upon.

        Raises:
            ServerFault: in mode error.
            Forbidden: in mode permission.
            Hangup: in mode hang, after the wait or when the fault is lifted.
        """
        self.struck.set()
        if self.mode == "error":
            raise ServerFault(self.status)
        if self.mode == "permission":
            raise lacks_permission(method, path)
        if self.mode in {"slow", "hang"}:
            self.over.wait(self.seconds)
        if self.mode == "hang":
            raise Hangup


class Faults:
    """The faults that are set, used in the order in which they were set; thread-safe."""

    def __init__(self) -> None:
        """Begin without a fault."""
        self._lock = threading.Lock()
        self._set: list[Fault] = []
        self._used: list[Fault] = []
        self._next = 1

    def add(self, **values: Any) -> Fault:
        """Set one fault for the next `remaining` requests whose path holds `path` and, if given, of this method."""
        with self._lock:
            fault = Fault(id=self._next, **values)
            self._next += 1
            self._set.append(fault)
            return fault

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that strikes this request, counted down."""
        with self._lock:
            for fault in self._set:
                if fault.path in path and fault.method in {"", method}:
                    fault.remaining -= 1
                    if not fault.remaining:
                        self._set.remove(fault)
                        self._used.append(fault)
                    return fault
        return None

    def clear(self) -> None:
        """Lift all faults; requests that wait in one go on at once."""
        with self._lock:
            for fault in [*self._set, *self._used]:
                fault.over.set()
            self._set, self._used = [], []

    def listed(self) -> list[dict[str, Any]]:
        """Those that will strike again."""
        with self._lock:
            return [fault.as_json() for fault in self._set]
