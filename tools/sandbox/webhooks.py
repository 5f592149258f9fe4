"""Signed webhooks: sent in the background, again with growing pauses until they get 2xx, and once more on request."""

import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from tools.sandbox.config import Config
from tools.sandbox.shapes import public
from tools.sandbox.store import Store

AT_ONCE = 4
HEADERS = {
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt met: a status, or an error and no status."""

    status: int | None
    error: str = ""

    @property
    def delivered(self) -> bool:
        """Only 2xx counts; a redirect is a failure, as at Stripe."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004  the classes of HTTP statuses


def signature(secret: str, payload: str, moment: int) -> str:
    """The value of the header Stripe-Signature (https://docs.stripe.com/webhooks#verify-manually)."""
    digest = hmac.new(secret.encode(), f"{moment}.{payload}".encode(), hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


class Webhooks:
    """Sends what is due; the state of each delivery is in the store, so a restart goes on where it stopped."""

    def __init__(self, config: Config, store: Store, also: Callable[[], None]) -> None:
        """`also` is called about once a second between deliveries: it does what is due at a certain time, such as expiring sessions."""
        self._config, self._store, self._also = config, store, also
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook")
        self._client = httpx.Client(timeout=config.webhook_timeout, trust_env=False, verify=config.webhook_url.startswith("https:"))
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        store.on_commit(self._wake.set)

    def start(self) -> None:
        """Begin; what was being sent when the process died is sent again."""
        self._store.run("UPDATE deliveries SET state = 'due' WHERE state = 'sending'")
        self._thread.start()

    def stop(self) -> None:
        """End after the running attempts; what was only queued is sent after the next start."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._client.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            self._also()
            for delivery, event in self._claim():
                self._pool.submit(self._deliver, delivery, event)
            self._wake.wait(self._pause())

    def _claim(self) -> list[tuple[int, str]]:
        if self._pause():  # a transaction of our own would wake us again, without end
            return []
        with self._store.transaction():
            sql = "SELECT id, event FROM deliveries WHERE state = 'due' AND due <= ? ORDER BY id"
            due = [(row["id"], row["event"]) for row in self._store.rows(sql, self._config.clock())]
            for delivery, _ in due:
                self._store.run("UPDATE deliveries SET state = 'sending' WHERE id = ?", delivery)
        return due

    def _pause(self) -> float:
        """Seconds until the next retry is due, one at most."""
        first = self._store.rows("SELECT min(due) AS due FROM deliveries WHERE state = 'due'")[0]["due"]
        return 1 if first is None else min(1, max(0, first - self._config.clock()))

    def _deliver(self, delivery: int, event: str) -> None:
        outcome = self.send(event)
        attempts = self._store.rows("SELECT attempts FROM deliveries WHERE id = ?", delivery)[0]["attempts"]
        delays = self._config.retry_delays
        if outcome.delivered:
            self._record(delivery, "delivered", outcome, 0)
        elif attempts < len(delays):
            self._record(delivery, "due", outcome, self._config.clock() + delays[attempts])
        else:
            self._record(delivery, "failed", outcome, 0)

    def _record(self, delivery: int, state: str, outcome: Outcome, due: float) -> None:
        sql = "UPDATE deliveries SET state = ?, due = ?, status = ?, error = ?, attempts = attempts + 1 WHERE id = ?"
        with self._store.transaction():
            self._store.run(sql, state, due, outcome.status, outcome.error, delivery)

    def send(self, event: str) -> Outcome:
        """One signed attempt now, whatever the delivery's state."""
        body = self._store.get("event", event)
        payload = json.dumps(public(body or {}) | {"pending_webhooks": 1}, indent=2, ensure_ascii=False)
        url, secret = self._endpoint(body or {})
        headers = HEADERS | {"Stripe-Signature": signature(secret, payload, self._config.now())}
        try:
            answer = self._client.post(url, content=payload.encode(), headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Outcome(None, type(error).__name__)
        return Outcome(answer.status_code)

    def _endpoint(self, event: dict[str, Any]) -> tuple[str, str]:
        """The address and the secret for an event: those of connected accounts may have their own."""
        if event.get("account") and self._config.connect_webhook_url:
            return self._config.connect_webhook_url, self._config.connect_webhook_secret
        return self._config.webhook_url, self._config.webhook_secret

    def send_many(self, events: list[str], *, at_once: bool) -> list[Outcome]:
        """Send these now, one after the other in this order, or all at the same time."""
        if not at_once:
            return [self.send(event) for event in events]
        with ThreadPoolExecutor(max(1, len(events))) as pool:
            return list(pool.map(self.send, events))

    def deliveries(self, limit: int = 200) -> list[dict[str, Any]]:
        """The newest deliveries with their event's type."""
        sql = (
            "SELECT d.id, d.event, json_extract(o.body, '$.type') AS type, d.state, d.attempts, d.status, d.error"
            " FROM deliveries d JOIN objects o ON o.id = d.event ORDER BY d.id DESC LIMIT ?"
        )
        return [dict(row) for row in self._store.rows(sql, limit)]
