"""The Stripe sandbox inside of the test's own process: the same requests and answers, without sockets, on the test's clock."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe
from django.conf import settings

from billing.stripe import client
from tools.sandbox.app import create_app
from tools.sandbox.clock import next_stop, tick
from tools.sandbox.config import Config
from tools.sandbox.faults import Faults
from tools.sandbox.idempotency import Keys
from tools.sandbox.shapes import public
from tools.sandbox.store import Store
from tools.sandbox.webhooks import Webhooks
from tools.sandbox.world import World

_BASE = "http://stripe.here"
_TABLES = ("objects", "deliveries", "answers", "switches")


class SandboxHere:
    """A sandbox in memory that sends nothing by itself: whoever tests reads its events and delivers them."""

    def __init__(self) -> None:
        config = Config(
            Path(), _BASE, "http://127.0.0.1:9/", settings.STRIPE_WEBHOOK_SECRET, settings.STRIPE_SECRET_KEY, settle_seconds=5 * 86400
        )
        self.config, self.store = config, Store(Path(":memory:"))
        self.world = World(config, self.store, Keys(self.store), Faults(), Webhooks(config, self.store, lambda: None))
        self.browser = create_app(self.world).test_client()
        self.headers = {"Authorization": f"Bearer {settings.STRIPE_SECRET_KEY}"}

    def keep(self) -> None:
        """Remember what is in it now, for `go_back`."""
        self._kept = {table: [tuple(row) for row in self.store.rows(f"SELECT * FROM {table}")] for table in _TABLES}

    def go_back(self) -> None:
        """Leave in it what was kept, and nothing else."""
        for table, rows in self._kept.items():
            self.store.run(f"DELETE FROM {table}")
            for row in rows:
                self.store.run(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", *row)

    def control(self, command: str, **values: Any) -> Any:
        """Do what a person, a bank or Stripe itself does; None if that cannot be done now."""
        answer = self.browser.post(f"/sandbox/api{command}", json=values)
        return answer.get_json() if answer.status_code == 200 else None

    def post(self, path: str, account: str = "", **form: Any) -> Any:
        """Do something by the API, as in Stripe's dashboard; None if Stripe refuses."""
        of_account = {"Stripe-Account": account} if account else {}
        answer = self.browser.post(f"/v1{path}", data=form, headers=self.headers | of_account)
        return answer.get_json() if answer.status_code == 200 else None

    def get(self, path: str, account: str = "", **params: Any) -> Any:
        of_account = {"Stripe-Account": account} if account else {}
        answer = self.browser.get(f"/v1{path}", query_string=params, headers=self.headers | of_account)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def find(self, kind: str, field: str = "", value: str = "", owner: str = "") -> list[dict[str, Any]]:
        """The objects of a kind, oldest first, of which a field has this value."""
        return self.store.where(kind, owner, f"json_extract(body, '$.{field}') = ?", value) if field else self.store.where(kind, owner, "1")

    def account(self, country: str) -> str:
        """A connected account that may charge."""
        made = self.post("/accounts", type="express", country=country)
        self.control(f"/accounts/{made['id']}")
        return str(made["id"])

    def step(self, seconds: int) -> int:
        """How long until something happens here by itself, and no longer than this."""
        now = self.config.now()
        return next_stop(self.store, now, now + seconds) - now

    def tick(self) -> None:
        """Do what is due now."""
        tick(self.config, self.store)

    def events_after(self, last: int) -> list[tuple[int, dict[str, Any]]]:
        """The events that were made after one of them, with the number of each, oldest first."""
        rows = self.store.rows("SELECT seq, body FROM objects WHERE kind = 'event' AND seq > ? ORDER BY seq", last)
        return [(row["seq"], json.loads(row["body"])) for row in rows]

    def moved(self) -> dict[str, tuple[str, str, int]]:
        """Every movement of every balance: whose, in which currency, and what was left of it after fees."""
        sql = (
            "SELECT id, owner, json_extract(body, '$.currency') AS currency, json_extract(body, '$.net') AS net"
            " FROM objects WHERE kind = 'balance_transaction'"
        )
        return {row["id"]: (row["owner"], row["currency"], row["net"]) for row in self.store.rows(sql)}


class _Here(stripe.HTTPClient):
    """Passes the SDK's requests to the sandbox."""

    name = "here"

    def __init__(self, sandbox: SandboxHere) -> None:
        super().__init__()
        self._browser = sandbox.browser

    def request(  # type: ignore[override]  # the SDK declares text, and reads bytes as well, which its own clients return
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[bytes, int, Mapping[str, str]]:
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        answer = self._browser.open(path, method=method.upper(), headers=dict(headers or {}), data=post_data)
        return answer.data, answer.status_code, dict(answer.headers)


@contextmanager
def shop_at(sandbox: SandboxHere) -> Iterator[None]:
    """Let the shop call this sandbox as long as the block runs."""
    calls = stripe.StripeClient(
        settings.STRIPE_SECRET_KEY, base_addresses={"api": _BASE}, http_client=_Here(sandbox), max_network_retries=0
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "_client_for", lambda *_: calls)
        yield


def payload_of(event: dict[str, Any]) -> bytes:
    """An event as Stripe posts it."""
    return json.dumps(public(event) | {"pending_webhooks": 1}).encode()
