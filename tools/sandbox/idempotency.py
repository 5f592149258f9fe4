"""Idempotency keys as Stripe keeps them (https://docs.stripe.com/api/idempotent_requests)."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tools.sandbox.errors import InvalidParams, KeyInUse, KeyReused
from tools.sandbox.store import Store

LONGEST, A_DAY = 255, 86400
IN_USE = (
    "There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and"
    " the other request is still going through): {}. Please try again later."
)
OTHER_ENDPOINT = "Keys for idempotent requests can only be used for the same endpoint they were first used for ('{}' vs '{}'). "
OTHER_PARAMS = "Keys for idempotent requests can only be used with the same parameters they were first used with. "
ADVICE = "Try using a key other than '{}' if you meant to execute a different request."


@dataclass(frozen=True, slots=True)
class Slot:
    """Where an answer belongs: whose key, and which request it was first used for."""

    owner: str
    key: str
    path: str
    digest: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, and whether it is a replay of an earlier request."""

    status: int
    body: str
    request_id: str
    replayed: bool = False


class Keys:
    """Remembers the answer of each key for a day, and which keys are being worked on now."""

    def __init__(self, store: Store) -> None:
        """Answers are in the store; running requests end with the process, so they are kept in memory."""
        self._store = store
        self._lock = threading.Lock()
        self._running: set[tuple[str, str]] = set()

    @contextmanager
    def claimed(self, slot: Slot) -> Iterator[None]:
        """Hold the key while the block runs.

        Raises:
            InvalidParams: longer than 255 characters.
            KeyInUse: another request holds it.
        """
        if len(slot.key) > LONGEST:
            raise InvalidParams(f"Idempotency keys may be at most {LONGEST} characters.")
        held = (slot.owner, slot.key)
        with self._lock:
            if held in self._running:
                raise KeyInUse(IN_USE.format(slot.key), code="idempotency_key_in_use")
            self._running.add(held)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(held)

    def earlier(self, slot: Slot, now: int) -> Answer | None:
        """The answer that this key already got within a day.

        Raises:
            KeyReused: it was for another address or other parameters.
        """
        sql = "SELECT * FROM answers WHERE owner = ? AND key = ? AND created >= ?"
        found = self._store.rows(sql, slot.owner, slot.key, now - A_DAY)
        if not found:
            return None
        row = found[0]
        if row["path"] != slot.path:
            raise KeyReused(OTHER_ENDPOINT.format(slot.path, row["path"]) + ADVICE.format(slot.key))
        if row["digest"] != slot.digest:
            raise KeyReused(OTHER_PARAMS + ADVICE.format(slot.key))
        return Answer(row["status"], row["body"], row["request_id"], replayed=True)

    def keep(self, slot: Slot, answer: Answer, now: int) -> None:
        """Write the answer; in the transaction of its effect, so that neither is there without the other."""
        self._store.run("DELETE FROM answers WHERE created < ?", now - A_DAY)
        sql = "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        values = (slot.path, slot.digest, answer.status, answer.body, answer.request_id, now)
        self._store.run(sql, slot.owner, slot.key, *values)


def digest(params: dict[str, Any]) -> str:
    """The same for the same parameters, in whatever order they were sent."""
    return hashlib.sha256(json.dumps(params, sort_keys=True).encode()).hexdigest()
