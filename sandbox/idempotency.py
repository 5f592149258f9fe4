"""Idempotency keys as Stripe keeps them (https://docs.stripe.com/api/idempotent_requests)."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sandbox.errors import InvalidParams, KeyInUse, KeyReused
from sandbox.store import Store

LONGEST, A_DAY = 255, 86400


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
    def claimed(self, owner: str, key: str) -> Iterator[None]:
        """Hold the key while the block runs.

        Raises:
            InvalidParams: longer than 255 characters.
            KeyInUse: another request holds it.
        """
        if len(key) > LONGEST:
            raise InvalidParams(f"Idempotency keys may be at most {LONGEST} characters.")
        with self._lock:
            if (owner, key) in self._running:
                message = (
                    "There is currently another in-progress request using this Idempotent Key (that probably means you"
                    f" submitted twice, and the other request is still going through): {key}. Please try again later."
                )
                raise KeyInUse(message, code="idempotency_key_in_use")
            self._running.add((owner, key))
        try:
            yield
        finally:
            with self._lock:
                self._running.discard((owner, key))

    def earlier(self, owner: str, key: str, request: str, params: dict[str, Any], now: int) -> Answer | None:
        """The answer that this key already got within a day.

        Raises:
            KeyReused: it was for another address or other parameters.
        """
        self._store.run("DELETE FROM answers WHERE created < ?", now - A_DAY)
        found = self._store.rows("SELECT * FROM answers WHERE owner = ? AND key = ?", owner, key)
        if not found:
            return None
        row = found[0]
        advice = f"Try using a key other than '{key}' if you meant to execute a different request."
        if row["request"] != request:
            used = f"endpoint they were first used for ('{request}' vs '{row['request']}')"
            raise KeyReused(f"Keys for idempotent requests can only be used for the same {used}. {advice}")
        if row["digest"] != _digest(params):
            used = "parameters they were first used with"
            raise KeyReused(f"Keys for idempotent requests can only be used with the same {used}. {advice}")
        return Answer(row["status"], row["body"], row["request_id"], replayed=True)

    def keep(self, owner: str, key: str, request: str, params: dict[str, Any], answer: Answer, now: int) -> None:
        """Write the answer; in the transaction of its effect, so that neither is there without the other."""
        sql = "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        values = (request, _digest(params), answer.status, answer.body, answer.request_id, now)
        self._store.run(sql, owner, key, *values)


def _digest(params: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(params, sort_keys=True).encode()).hexdigest()
