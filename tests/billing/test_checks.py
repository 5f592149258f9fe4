"""Production does not start without Stripe, nor with something that plays it."""

import pytest

from billing.checks import stripe_is_real

SAFE = {
    "LAYERSTORE_PRODUCTION": True,
    "STRIPE_SECRET_KEY": "sk_live_x",
    "STRIPE_WEBHOOK_SECRET": "whsec_x",
    "STRIPE_API_BASE": "",
    "STRIPE_LIVEMODE": True,
}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        pytest.param({}, [], id="as it should be"),
        pytest.param({"STRIPE_SECRET_KEY": "", "STRIPE_LIVEMODE": False}, ["billing.E001"], id="no key"),
        pytest.param({"STRIPE_WEBHOOK_SECRET": ""}, ["billing.E002"], id="no webhook secret"),
        pytest.param({"STRIPE_API_BASE": "http://127.0.0.1:10080"}, ["billing.E003"], id="the sandbox"),
        pytest.param({"STRIPE_SECRET_KEY": "sk_test_x", "STRIPE_LIVEMODE": False}, ["billing.W001"], id="a test key only warns"),
        pytest.param({"LAYERSTORE_PRODUCTION": False, "STRIPE_SECRET_KEY": ""}, [], id="elsewhere anything goes"),
    ],
)
def test_production_sells_for_real(settings, changes, found) -> None:
    for name, value in (SAFE | changes).items():
        setattr(settings, name, value)

    assert [message.id for message in stripe_is_real(None)] == found
