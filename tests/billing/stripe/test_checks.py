"""Nothing starts with a fee or a currency that cannot be right; production does not start without Stripe, or with something that plays it."""

import pytest

from billing.stripe.checks import prices_make_sense, stripe_is_real

SAFE = {
    "LAYERSTORE_PRODUCTION": True,
    "STRIPE_SECRET_KEY": "sk_live_x",
    "STRIPE_WEBHOOK_SECRET": "whsec_x",
    "STRIPE_API_BASE": "",
    "LAYERSTORE_STRIPE_COUNTRY": "DE",
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
        pytest.param({"LAYERSTORE_STRIPE_COUNTRY": ""}, ["billing.W003"], id="no country only warns"),
        pytest.param({"LAYERSTORE_STRIPE_COUNTRY": "XX"}, ["billing.E007"], id="no country of Stripe's"),
        pytest.param({"LAYERSTORE_PRODUCTION": False, "STRIPE_SECRET_KEY": ""}, [], id="elsewhere anything goes"),
    ],
)
def test_production_sells_for_real(settings, changes, found) -> None:
    for name, value in (SAFE | changes).items():
        setattr(settings, name, value)

    assert [message.id for message in stripe_is_real(None)] == found


@pytest.mark.parametrize(("percent", "found"), [(-1, ["billing.E004"]), (0, []), (10, []), (100, []), (101, ["billing.E004"])])
def test_our_part_is_a_part_of_the_price(settings, percent, found) -> None:
    settings.LAYERSTORE_APPLICATION_FEE_PERCENT = percent

    assert [message.id for message in prices_make_sense(None)] == found


@pytest.mark.parametrize("prices", [{"xxx": 300}, {"eur": 100_000_000}])
def test_a_smallest_price_that_no_price_can_be_is_refused(settings, prices) -> None:
    settings.LAYERSTORE_SMALLEST_PRICES = prices

    assert [message.id for message in prices_make_sense(None)] == ["billing.E006"]
