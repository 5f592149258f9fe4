"""Our fee of what is paid by the period, in percent: what Stripe takes by it is what the order says."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from billing.stripe.checkout import fee_by_percent, fee_percent
from common.money import Money


@pytest.mark.parametrize(
    ("price", "fee", "percent", "taken"),
    [
        pytest.param(Money(350_000, "ugx"), Money(11_100, "ugx"), "3.15", 11_000, id="shillings without hundredths"),
        pytest.param(Money(33_803_300, "ugx"), Money(10_242_400, "ugx"), "30.30", 10_242_400, id="shillings that Stripe rounds up"),
        pytest.param(Money(1900, "eur"), Money(190, "eur"), "10.00", 190, id="euros"),
        pytest.param(Money(33_333, "eur"), Money(3337, "eur"), "10.01", 3337, id="a large price"),
    ],
)
def test_stripe_is_told_what_comes_to_the_fee_of_the_order(price: Money, fee: Money, percent: str, taken: int) -> None:
    kept = fee_by_percent(fee, price)

    assert (kept.minor, fee_percent(kept, price)) == (taken, Decimal(percent))


@example(steps=10, share=0, currency="kwd")
@example(steps=458_786, share=243, currency="ugx")
@given(steps=st.integers(10, 500_000), share=st.integers(0, 400), currency=st.sampled_from(["ugx", "isk", "kwd", "eur", "jpy"]))
def test_worked_out_again_the_fee_stays_the_same(steps: int, share: int, currency: str) -> None:
    price = Money(steps * Money(1, currency).step.minor, currency)
    kept = fee_by_percent(price.part(share, 1000), price)

    assert fee_percent(kept, price) >= 0
    assert kept == Money(
        int(fee_percent(kept, price) * price.minor / 100 + Decimal("0.5")) // price.step.minor * price.step.minor, currency
    )
