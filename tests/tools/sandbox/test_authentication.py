"""Whose key, which account, which version."""

import pytest
import stripe

from tests.tools.sandbox.conftest import KEY, Sandbox
from tests.tools.sandbox.receiver import session_params


def test_wrong_key_is_unauthorized(sandbox: Sandbox) -> None:
    stranger = stripe.StripeClient("sk_test_of_somebody_else", base_addresses={"api": sandbox.url})

    with pytest.raises(stripe.AuthenticationError) as caught:
        stranger.v1.checkout.sessions.create(session_params())  # type: ignore[arg-type]  # plain dictionaries

    assert caught.value.http_status == 401
    assert str(caught.value.user_message) == "Invalid API Key provided: sk_test_********else"


@pytest.mark.parametrize("header", ["", "Bearer", "Basic !", "Digest x"])
def test_missing_key_is_unauthorized(sandbox: Sandbox, header: str) -> None:
    answer = sandbox.http.get("/v1/charges", headers={"Authorization": header} if header else {})

    assert answer.status_code == 401
    assert answer.json()["error"]["message"].startswith("You did not provide an API key.")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Stripe"'


def test_key_as_basic_user_is_accepted(sandbox: Sandbox) -> None:
    assert sandbox.http.get("/v1/charges", auth=(KEY, "")).json()["data"] == []


def test_unknown_address_is_named(sandbox: Sandbox) -> None:
    answer = sandbox.http.get("/v1/wishes", auth=(KEY, ""))

    assert answer.status_code == 404
    assert answer.json()["error"]["message"].startswith("Unrecognized request URL (GET: /v1/wishes).")


def test_what_stripe_has_and_the_sandbox_does_not_play_is_refused_by_name(sandbox: Sandbox) -> None:
    answer = sandbox.http.get("/v1/quotes", auth=(KEY, ""))

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "The sandbox does not play GET /v1/quotes."


def test_impossible_version_is_refused(sandbox: Sandbox) -> None:
    answer = sandbox.http.get("/v1/charges", auth=(KEY, ""), headers={"Stripe-Version": "latest"})

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "Invalid Stripe API version: latest"


def test_unknown_connected_account_is_forbidden(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.PermissionError) as caught:
        sandbox.api.charges.list(options={"stripe_account": "acct_none"})

    assert caught.value.error is not None
    assert (caught.value.http_status, caught.value.error.code) == (403, "account_invalid")


def test_direct_charge_belongs_to_the_connected_account(sandbox: Sandbox) -> None:
    seller = sandbox.seller()
    own = {"stripe_account": seller}
    session = sandbox.api.checkout.sessions.create(session_params(payment_intent_data={"application_fee_amount": 490}), options=own)

    sandbox.control(f"/sessions/{session.id}/pay")

    with pytest.raises(stripe.InvalidRequestError):
        sandbox.api.checkout.sessions.retrieve(session.id)
    paid = sandbox.api.checkout.sessions.retrieve(session.id, options=own)
    event = sandbox.events.until("checkout.session.completed")
    assert (event.account, event.data.object["id"]) == (seller, session.id)
    intent = sandbox.api.payment_intents.retrieve(paid.payment_intent, {"expand": ["latest_charge"]}, options=own)
    fee = sandbox.api.application_fees.retrieve(intent.latest_charge.application_fee)
    assert (fee.amount, fee.account) == (490, seller)
    refund = {"payment_intent": paid.payment_intent, "refund_application_fee": True}
    sandbox.api.refunds.create(refund, options=own)
    assert sandbox.api.application_fees.retrieve(fee.id).refunded is True
    assert sandbox.api.accounts.retrieve_current(options=own).id == seller


def test_platform_has_no_account_object(sandbox: Sandbox) -> None:
    assert sandbox.http.get("/v1/account", auth=(KEY, "")).status_code == 404
