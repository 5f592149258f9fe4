"""One sandbox per test, on free loopback ports, with the official SDK pointed at it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe

from tests.support.ports import free_port
from tests.tools.sandbox.receiver import Receiver, session_params
from tools.sandbox.config import Config
from tools.sandbox.server import Server

KEY, SECRET = "sk_test_sandbox", "whsec_sandbox"


@dataclass
class Sandbox:
    """A running sandbox with everything a test needs to reach it."""

    url: str
    smtp_port: int
    server: Server
    client: stripe.StripeClient
    http: httpx.Client
    events: Receiver

    @property
    def api(self) -> Any:
        return self.client.v1

    def control(self, command: str, /, **values: Any) -> Any:
        answer = self.http.post(f"/sandbox/api{command}", json=values)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def seller(self, **params: Any) -> str:
        """A connected account that may charge."""
        account = self.api.accounts.create({"type": "express", "country": "NO", "email": "acme@acme.example"} | params)
        self.control(f"/accounts/{account.id}")
        return str(account.id)

    def session(self, **changes: Any) -> Any:
        return self.api.checkout.sessions.create(session_params(**changes))

    def sale(self, fee: int = 490, **changes: Any) -> Any:
        """A paid session whose money goes to a seller, less the fee."""
        split = {"application_fee_amount": fee, "transfer_data": {"destination": self.seller()}}
        session = self.session(payment_intent_data=split, **changes)
        self.control(f"/sessions/{session.id}/pay")
        return self.api.checkout.sessions.retrieve(session.id)


@pytest.fixture(autouse=True)
def _empty_redis() -> None:
    """Nothing of the shop is touched here, its Redis neither."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver(SECRET)
    yield made
    made.close()


@pytest.fixture
def config(tmp_path: Path, receiver: Receiver) -> Config:
    return Config(
        data=tmp_path / "data",
        public_url=f"http://127.0.0.1:{free_port()}",
        webhook_url=receiver.url,
        webhook_secret=SECRET,
        secret_key=KEY,
        retry_delays=(0.01, 0.01, 0.01),
        settle_seconds=3600,
    )


@pytest.fixture
def sandbox(config: Config, receiver: Receiver) -> Iterator[Sandbox]:
    smtp_port = free_port()
    port = int(config.public_url.rpartition(":")[2])
    # Told with what to ask, it makes no second client, which would load certificates.
    client = stripe.StripeClient(KEY, base_addresses={"api": config.public_url}, max_network_retries=0, http_client=stripe.RequestsClient())
    with Server(config, port, smtp_port) as server, httpx.Client(base_url=config.public_url, verify=False) as http:
        yield Sandbox(config.public_url, smtp_port, server, client, http, receiver)
