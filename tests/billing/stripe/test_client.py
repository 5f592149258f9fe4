"""How Stripe is called, and what its answers are taken for."""

import pytest
import stripe

from billing.stripe import client
from billing.stripe.accounts import read_account_status
from billing.stripe.client import Patience
from billing.stripe.errors import StripeAway, StripeKeyRefused, StripeRefused
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def test_without_a_base_the_sdk_talks_to_stripe_itself(settings) -> None:
    made = client._client_for("sk_test_elsewhere", "", client._OF_WORKERS)

    assert made._requestor._options.base_addresses == stripe.StripeClient("sk_test_x")._requestor._options.base_addresses
    assert client._client_for("sk_test_elsewhere", "", client._OF_WORKERS) is made


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        pytest.param(500, StripeAway, id="a fault of Stripe's"),
        pytest.param(503, StripeAway, id="overloaded"),
        pytest.param(429, StripeAway, id="too many requests"),
        pytest.param(409, StripeAway, id="the same key at work elsewhere"),
        pytest.param(401, StripeKeyRefused, id="our key is wrong: mended some day"),
        pytest.param(403, StripeKeyRefused, id="our key may not: mended some day"),
        pytest.param(402, StripeRefused, id="a card is declined"),
        pytest.param(400, StripeRefused, id="refused"),
        pytest.param(404, StripeRefused, id="no such thing"),
    ],
)
def test_failures_are_of_two_kinds(sandbox: Sandbox, status: int, failure: type[Exception]) -> None:
    sandbox.fail("/v1/accounts", status=status)

    with pytest.raises(failure):
        read_account_status("acct_1")


def test_no_answer_in_time_is_no_answer(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_OF_WORKERS", Patience(3, 0.2, 0))
    sandbox.fail("/v1/accounts", mode="hang", seconds=20)

    with pytest.raises(StripeAway):
        read_account_status("acct_1")


def test_nobody_there_is_no_answer(settings) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"

    with pytest.raises(StripeAway):
        read_account_status("acct_1")


def test_one_hiccup_is_not_even_noticed(sandbox: Sandbox) -> None:
    account = sandbox.account()
    sandbox.fail("/v1/accounts", times=1)

    assert read_account_status(account).charges_enabled
