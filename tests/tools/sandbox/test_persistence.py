"""A killed sandbox forgets nothing that it has answered; the clock goes on."""

import signal
import smtplib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import stripe

from tests.support.ports import free_port
from tests.tools.sandbox.conftest import KEY, SECRET, Sandbox
from tests.tools.sandbox.receiver import Receiver, session_params
from tools.sandbox.__main__ import main
from tools.sandbox.config import Config
from tools.sandbox.server import Server

ROOT = Path(__file__).parents[3]
ONCE = {"idempotency_key": "order-1"}


class Process:
    """A sandbox as the demo starts it."""

    def __init__(self, config: Config) -> None:
        self.port, self.smtp_port = int(config.public_url.rpartition(":")[2]), free_port()
        values = {
            "http-port": self.port,
            "smtp-port": self.smtp_port,
            "data": config.data,
            "public-url": config.public_url,
            "webhook-url": config.webhook_url,
            "webhook-secret": SECRET,
            "secret-key": KEY,
        }
        arguments = [word for name, value in values.items() for word in (f"--{name}", str(value))]
        command = [sys.executable, "-m", "tools.sandbox", *arguments]
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        self.said = self.process.stderr.readline()
        self.api = stripe.StripeClient(KEY, base_addresses={"api": config.public_url}).v1

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        status = self.process.wait(20)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return status


def test_killed_sandbox_goes_on_where_it_was(config: Config, receiver: Receiver) -> None:
    receiver.answers.extend([500] * 3)
    first = Process(config)
    session = first.api.checkout.sessions.create(session_params(), ONCE)  # type: ignore[arg-type]  # plain dictionaries
    with smtplib.SMTP("127.0.0.1", first.smtp_port) as smtp:
        smtp.sendmail("shop@layerstore.example", ["mira@fjord.example"], "Subject: Hello\n\nThere")
    httpx.post(str(session.url), data={"act": "pay", "card": "4242424242424242"})
    assert first.end(signal.SIGKILL) == -signal.SIGKILL

    second = Process(config)

    try:
        assert second.api.checkout.sessions.retrieve(session.id).payment_status == "paid"
        again = second.api.checkout.sessions.create(session_params(), ONCE)  # type: ignore[arg-type]  # plain dictionaries
        assert again.id == session.id
        assert receiver.until("checkout.session.completed").data.object["id"] == session.id
        mails = httpx.get(f"{config.public_url}/mailbox/api/messages").json()["messages"]
        assert [mail["subject"] for mail in mails] == ["Hello"]
    finally:
        assert second.end(signal.SIGTERM) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_sandbox_stops_when_told(config: Config, number: signal.Signals) -> None:
    process = Process(config)

    assert process.said == f"Sandbox at {config.public_url}/sandbox/, mails at {config.public_url}/mailbox/\n"
    assert process.end(number) == 0


def test_port_in_use_is_said(sandbox: Sandbox, config: Config, capfd: pytest.CaptureFixture[str]) -> None:
    for http, smtp in ((config.public_url.rpartition(":")[2], free_port()), (free_port(), sandbox.smtp_port)):
        ports = ["--http-port", str(http), "--smtp-port", str(smtp), "--data", f"{config.data}-2"]
        urls = ["--public-url", config.public_url, "--webhook-url", config.webhook_url]

        status = main([*ports, *urls, "--webhook-secret", SECRET, "--secret-key", KEY])

        assert status == 1
        assert "The sandbox cannot start: [Errno 98]" in capfd.readouterr().err


def test_live_key_is_refused(config: Config, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["--http-port", "1", "--smtp-port", "1", "--data", "x", "--public-url", "x", "--webhook-url", "x"]

    assert main([*words, "--webhook-secret", "x", "--secret-key", "sk_live_x"]) == 2
    assert capfd.readouterr().err == "The sandbox takes only an sk_test_ key.\n"
    assert not config.data.exists()


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def moved(config: Config, clock: Clock) -> Config:
    return replace(config, clock=clock, settle_seconds=60)


def test_time_expires_an_open_session(config: Config, receiver: Receiver) -> None:
    clock, port = Clock(), int(config.public_url.rpartition(":")[2])
    with Server(moved(config, clock), port, free_port()):
        api = stripe.StripeClient(KEY, base_addresses={"api": config.public_url}).v1
        params = session_params(expires_at=int(clock.now) + 1800)
        session = api.checkout.sessions.create(params)  # type: ignore[arg-type]  # plain dictionaries

        clock.now += 1800

        body, _ = receiver.requests.get(timeout=20)
        assert b'"type": "checkout.session.expired"' in body
        assert api.checkout.sessions.retrieve(session.id).status == "expired"


@pytest.mark.parametrize(("act", "outcome"), [("later", "succeeded"), ("later-fails", "failed")])
def test_time_settles_a_bank_debit(config: Config, receiver: Receiver, act: str, outcome: str) -> None:
    clock, port = Clock(), int(config.public_url.rpartition(":")[2])
    with Server(moved(config, clock), port, free_port()):
        api = stripe.StripeClient(KEY, base_addresses={"api": config.public_url}).v1
        session = api.checkout.sessions.create(session_params())  # type: ignore[arg-type]  # plain dictionaries
        httpx.post(str(session.url), data={"act": act})

        clock.now += 60

        wanted = f'"type": "checkout.session.async_payment_{outcome}"'.encode()
        while wanted not in receiver.requests.get(timeout=20)[0]:
            pass
        paid = api.checkout.sessions.retrieve(session.id).payment_status
        assert paid == ("paid" if outcome == "succeeded" else "unpaid")


def test_key_is_free_again_after_a_day(config: Config) -> None:
    clock, port = Clock(), int(config.public_url.rpartition(":")[2])
    with Server(moved(config, clock), port, free_port()):
        accounts = stripe.StripeClient(KEY, base_addresses={"api": config.public_url}).v1.accounts
        first = accounts.create({"type": "express"}, {"idempotency_key": "order-1"})

        clock.now += 86401

        assert accounts.create({"type": "express"}, {"idempotency_key": "order-1"}).id != first.id
