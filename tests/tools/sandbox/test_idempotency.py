"""One key, one effect (https://docs.stripe.com/api/idempotent_requests)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import stripe

from tests.tools.sandbox.conftest import KEY, Sandbox
from tests.tools.sandbox.receiver import session_params
from tools.sandbox.control import FAULT

ONCE = {"idempotency_key": "order-1"}


def test_same_key_and_parameters_replay_the_answer(sandbox: Sandbox) -> None:
    first = sandbox.api.checkout.sessions.create(session_params(), options=ONCE)
    again = sandbox.api.checkout.sessions.create(session_params(), options=ONCE)

    assert again.to_dict() == first.to_dict()
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert again.last_response.headers["Idempotency-Key"] == "order-1"
    assert again.last_response.headers["Original-Request"] == first.last_response.headers["Request-Id"]
    assert again.last_response.headers["Request-Id"] != first.last_response.headers["Request-Id"]
    assert len(sandbox.api.checkout.sessions.list().data) == 1


def test_replay_is_the_first_answer_even_if_the_object_moved_on(sandbox: Sandbox) -> None:
    session = sandbox.api.checkout.sessions.create(session_params(), options=ONCE)
    sandbox.control(f"/sessions/{session.id}/pay")

    assert sandbox.api.checkout.sessions.create(session_params(), options=ONCE).status == "open"


def test_other_parameters_are_refused(sandbox: Sandbox) -> None:
    sandbox.api.checkout.sessions.create(session_params(), options=ONCE)

    with pytest.raises(stripe.IdempotencyError) as caught:
        sandbox.api.checkout.sessions.create(session_params(client_reference_id="order-2"), options=ONCE)

    assert caught.value.http_status == 400
    assert str(caught.value.user_message) == (
        "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key"
        " other than 'order-1' if you meant to execute a different request."
    )


def test_other_address_is_refused(sandbox: Sandbox) -> None:
    sandbox.api.checkout.sessions.create(session_params(), options=ONCE)

    with pytest.raises(stripe.IdempotencyError, match=r"\('/v1/refunds' vs '/v1/checkout/sessions'\)"):
        sandbox.api.refunds.create({"charge": "ch_1"}, options=ONCE)


def test_key_of_another_account_is_another_key(sandbox: Sandbox) -> None:
    seller = sandbox.seller()
    mine = sandbox.api.checkout.sessions.create(session_params(), options=ONCE)

    theirs = sandbox.api.checkout.sessions.create(session_params(), options=ONCE | {"stripe_account": seller})

    assert mine.id != theirs.id


def test_refusal_of_the_endpoint_is_replayed(sandbox: Sandbox) -> None:
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            sandbox.api.refunds.create({"charge": "ch_none"}, options=ONCE)
    assert caught.value.headers is not None
    assert caught.value.headers["Idempotent-Replayed"] == "true"


def test_refusal_of_parameters_leaves_the_key_free(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        sandbox.api.checkout.sessions.create(session_params(foo="x"), options=ONCE)

    assert sandbox.api.checkout.sessions.create(session_params(), options=ONCE).status == "open"


def test_too_long_key_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="at most 255 characters"):
        sandbox.api.checkout.sessions.create(session_params(), options={"idempotency_key": "x" * 256})


def test_concurrent_use_conflicts(sandbox: Sandbox) -> None:
    slowly = sandbox.server.world.faults.add(**FAULT | {"mode": "slow", "seconds": 60})
    answers: list[Any] = []

    def slow() -> None:
        answers.append(sandbox.api.checkout.sessions.create(session_params(), options=ONCE))

    first = threading.Thread(target=slow)
    first.start()
    try:
        assert slowly.struck.wait(20)
        with pytest.raises(stripe.APIError) as caught:
            sandbox.api.checkout.sessions.create(session_params(), options=ONCE)
    finally:
        sandbox.http.delete("/sandbox/api/faults")
        first.join()

    assert caught.value.error is not None
    assert (caught.value.http_status, caught.value.error.code) == (409, "idempotency_key_in_use")
    assert sandbox.api.checkout.sessions.create(session_params(), options=ONCE).id == answers[0].id


def test_many_at_once_make_one_session(sandbox: Sandbox) -> None:
    def attempt(_: int) -> tuple[int, str | None]:
        body = {"type": "express"}
        with httpx.Client(base_url=sandbox.url, verify=False, auth=(KEY, ""), headers={"Idempotency-Key": "order-1"}) as http:
            answer = http.post("/v1/accounts", data=body)
        return answer.status_code, answer.json().get("id")

    with ThreadPoolExecutor(12) as pool:
        results = list(pool.map(attempt, range(24)))

    assert {status for status, _ in results} <= {200, 409}
    assert len({key for status, key in results if status == 200}) == 1
    assert len(sandbox.api.accounts.list().data) == 1
