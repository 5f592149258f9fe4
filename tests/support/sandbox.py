"""The Stripe sandbox as a process of its own, and the shop of one test pointed at it."""

import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from billing.stripe import request_slots
from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]


def signature_of(payload: bytes, *, secret: str | None = None, moment: int | None = None) -> str:
    """The header Stripe-Signature (https://docs.stripe.com/webhooks#verify-manually)."""
    at = int(time.time()) if moment is None else moment
    key = django_settings.STRIPE_WEBHOOK_SECRET if secret is None else secret
    return f"t={at},v1=" + hmac.new(key.encode(), f"{at}.".encode() + payload, hashlib.sha256).hexdigest()


def post_webhook(payload: bytes, signature: str | None = None, *, connect: bool = False) -> int:
    """What our endpoint answers to a delivery."""
    sent = signature_of(payload) if signature is None else signature
    name = "billing:stripe_connect_webhook" if connect else "billing:stripe_webhook"
    answer = Client().post(reverse(name), payload, content_type="application/json", headers={"stripe-signature": sent})
    return answer.status_code


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox whose deliveries are held back: a test sends them itself, signed, in the order it likes."""

    url: str
    http: httpx.Client

    def control(self, command: str, **values: Any) -> Any:
        answer = self.http.post(f"/sandbox/api{command}", json=values)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, path: str, **params: Any) -> Any:
        answer = self.http.get(f"/v1{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **form: Any) -> Any:
        answer = self.http.post(f"/v1{path}", data=form)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fail(self, path: str, *, times: int = 100, **values: Any) -> None:
        """Let the next requests to these paths fail: with 500 unless told otherwise."""
        self.control("/faults", **{"path": path, "remaining": times} | values)

    def mend(self) -> None:
        self.http.delete("/sandbox/api/faults").raise_for_status()

    def account(self, country: str = "NO", **standing: bool | str) -> str:
        """A connected account that may charge."""
        made = self.post("/accounts", type="express", country=country)
        self.control(f"/accounts/{made['id']}", **standing)
        return str(made["id"])

    def session_of(self, order: Any) -> Any:
        return self.get(f"/checkout/sessions/{order.checkout_session_id}")

    def press(self, order: Any, deed: str = "pay") -> None:
        """What a person, a bank or the clock does to the order's session: pay, decline, pay-later, settle, fail, expire."""
        self.control(f"/sessions/{order.checkout_session_id}/{deed}")

    def dispute(self, order: Any, **values: Any) -> str:
        return str(self.control(f"/charges/{self.session_of(order)['payment_intent']}/dispute", **values)["id"])

    def refund(self, order: Any, **form: Any) -> str:
        """A refund made by people in Stripe's dashboard."""
        return str(self.post("/refunds", payment_intent=self.session_of(order)["payment_intent"], **form)["id"])

    def events(self, kind: str, about: str = "") -> list[dict[str, Any]]:
        """Events of a type, oldest first, about one object or its payment if told."""
        of_account = {"Stripe-Account": about} if about.startswith("acct_") else {}
        found = self.http.get("/v1/events", params={"type": kind, "limit": 100}, headers=of_account).json()["data"][::-1]
        wanted = [event for event in found if about in {"", event["data"]["object"]["id"], event["data"]["object"].get("payment_intent")}]
        assert wanted, f"no {kind}"
        return wanted

    def deliver(self, kind: str, about: str | None = "") -> str:
        """Send the newest event of a type to our endpoint; returns its id."""
        event = self.events(kind, about or "")[-1]
        assert post_webhook(json.dumps(event).encode()) == 204
        return str(event["id"])


@contextmanager
def running_sandbox(data: Path) -> Iterator[Sandbox]:
    """Run `python -m tools.sandbox` on free loopback ports."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = {
        "http-port": port,
        "smtp-port": free_port(),
        "data": data,
        "public-url": url,
        "webhook-url": "http://127.0.0.1:9/",
        "webhook-secret": django_settings.STRIPE_WEBHOOK_SECRET,
        "secret-key": django_settings.STRIPE_SECRET_KEY,
        "settle-seconds": 86400,
    }
    command = [sys.executable, "-m", "tools.sandbox", *(f"--{name}={value}" for name, value in arguments.items())]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()  # one line once it serves, or why it does not
        assert "Sandbox at" in said, said + process.stdout.read()
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {django_settings.STRIPE_SECRET_KEY}"}, timeout=30) as http:
            sandbox = Sandbox(url, http)
            sandbox.control("/webhooks/hold")
            yield sandbox
        process.terminate()
        process.wait()


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One for the whole run; whoever sets its clock forward has one of their own."""
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(sandbox_process: Sandbox, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The shop talks to the sandbox; no fault of an earlier test is left, and Stripe's library tries again at once."""
    settings.STRIPE_API_BASE = sandbox_process.url
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0)
    request_slots._paused_until.clear()
    yield sandbox_process
    sandbox_process.mend()
