"""Stripe fails on request."""

import threading

import pytest
import stripe

from tests.tools.sandbox.conftest import KEY, Sandbox
from tests.tools.sandbox.receiver import session_params

ONCE = {"idempotency_key": "order-1"}


@pytest.mark.parametrize("status", [500, 503])
def test_error_does_nothing_and_the_retry_succeeds(sandbox: Sandbox, status: int) -> None:
    sandbox.control("/faults", path="/v1/checkout", method="POST", status=status, remaining=2)

    for _ in range(2):
        with pytest.raises(stripe.APIError) as caught:
            sandbox.api.checkout.sessions.create(session_params(), options=ONCE)
        assert caught.value.http_status == status
    assert sandbox.api.checkout.sessions.list().data == []
    assert sandbox.api.checkout.sessions.create(session_params(), options=ONCE).status == "open"


def test_the_sdk_retries_over_an_error_by_itself(sandbox: Sandbox) -> None:
    client = stripe.StripeClient(KEY, base_addresses={"api": sandbox.url}, max_network_retries=2)
    sandbox.control("/faults", remaining=1)

    account = client.v1.accounts.create({"type": "express"})

    assert sandbox.api.accounts.list().data[0].id == account.id


def test_rate_limit_is_its_own_error(sandbox: Sandbox) -> None:
    sandbox.control("/faults", status=429)

    with pytest.raises(stripe.RateLimitError):
        sandbox.api.accounts.list()


def test_lost_answer_is_replayed_to_the_retry(sandbox: Sandbox) -> None:
    sandbox.control("/faults", mode="lost")

    with pytest.raises(stripe.APIConnectionError):
        sandbox.api.checkout.sessions.create(session_params(), options=ONCE)

    [made] = sandbox.api.checkout.sessions.list().data
    again = sandbox.api.checkout.sessions.create(session_params(), options=ONCE)
    assert again.id == made.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"


def test_hanging_request_ends_without_answer_and_effect(sandbox: Sandbox) -> None:
    sandbox.control("/faults", mode="hang", seconds=0.0)

    with pytest.raises(stripe.APIConnectionError):
        sandbox.api.checkout.sessions.create(session_params(), options=ONCE)

    assert sandbox.api.checkout.sessions.list().data == []


def test_lifted_fault_lets_the_waiting_go_on(sandbox: Sandbox) -> None:
    slow = sandbox.server.world.faults.add(mode="slow", path="/v1/", method="", status=500, seconds=60, remaining=1)
    done = threading.Thread(target=lambda: sandbox.api.accounts.create({"type": "express"}))
    done.start()
    assert slow.struck.wait(20)

    sandbox.http.delete("/sandbox/api/faults")

    done.join()
    assert len(sandbox.api.accounts.list().data) == 1


def test_faults_are_listed_until_used_up(sandbox: Sandbox) -> None:
    made = sandbox.control("/faults", path="/v1/refunds", remaining=2)

    assert sandbox.http.get("/sandbox/api/faults").json() == [made]
    assert sandbox.api.accounts.list().data == []
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            sandbox.api.refunds.list()
    assert sandbox.http.get("/sandbox/api/faults").json() == []


@pytest.mark.parametrize("values", [{"mode": "explode"}, {"remaining": 0}, {"remaining": "2"}, {"colour": "red"}])
def test_impossible_fault_is_refused(sandbox: Sandbox, values: dict[str, object]) -> None:
    assert sandbox.http.post("/sandbox/api/faults", json=values).status_code == 400
    assert sandbox.http.get("/sandbox/api/faults").json() == []
