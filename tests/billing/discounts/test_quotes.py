"""What is paid with a discount, what we keep of it, and what is left for the seller."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from billing.discounts import quotes
from billing.discounts.models import Discount
from billing.discounts.quotes import quote, reduced
from common.currencies import CURRENCIES
from common.ids import new_id
from common.money import Money
from marketplace.products.services.prices import smallest_price
from tests.factories.accounts import SellerFactory

PERCENT, AMOUNT, PRICE = Discount.Kind.PERCENT, Discount.Kind.AMOUNT, Discount.Kind.PRICE
SELLER = new_id()


def discount(kind: Discount.Kind, much: int, *, seller: bool = True) -> Discount:
    values: dict[str, Any] = {"percent": much} if kind is PERCENT else {"amount": much, "currency": "eur"}
    return Discount(kind=kind, seller_id=SELLER if seller else None, **values)


@pytest.mark.parametrize(
    ("kind", "much", "paid"),
    [
        pytest.param(PERCENT, 20, 1600, id="a fifth"),
        pytest.param(PERCENT, 100, 0, id="all"),
        pytest.param(PERCENT, 99, 300, id="nearly all leaves the smallest price"),
        pytest.param(AMOUNT, 500, 1500, id="an amount"),
        pytest.param(AMOUNT, 9_900, 0, id="more than it costs"),
        pytest.param(AMOUNT, 1_900, 300, id="an amount leaves the smallest price"),
        pytest.param(PRICE, 400, 400, id="an offer"),
        pytest.param(PRICE, 0, 0, id="an offer of nothing"),
        pytest.param(PRICE, 2_500, 2_000, id="an offer above what it costs by now"),
    ],
)
def test_a_discount_leaves_nothing_or_at_least_the_smallest_price(kind: Discount.Kind, much: int, paid: int) -> None:
    price = Money(2_000, "eur")

    assert reduced(discount(kind, much), price, most=price) == Money(paid, "eur")


def test_a_price_that_is_below_the_smallest_by_now_is_never_raised() -> None:
    assert reduced(discount(PERCENT, 10), Money(200, "eur"), most=Money(200, "eur")) == Money(200, "eur")


@pytest.mark.parametrize(("percent", "paid"), [(50, 1012), (10, 1822)], ids=["a half to even, down", "a tenth"])
def test_a_percentage_is_rounded_half_even(percent: int, paid: int) -> None:
    price = Money(2_025, "eur")  # a half of it is 1012.5

    assert reduced(discount(PERCENT, percent), price, most=price).minor == price.minor - price.share(percent=percent).minor
    assert abs(reduced(discount(PERCENT, percent), price, most=price).minor - paid) <= 1


@given(currency=st.sampled_from(sorted(CURRENCIES)), minor=st.integers(0, 99_999_999), percent=st.integers(1, 100))
def test_in_every_currency_a_reduced_price_can_be_charged(currency: str, minor: int, percent: int) -> None:
    step = CURRENCIES[currency].step
    price = max(Money(minor // step * step, currency), smallest_price(currency))

    paid = reduced(discount(PERCENT, percent), price, most=price)

    assert paid.minor % step == 0
    assert paid <= price
    assert paid.minor == 0 or paid.minor >= CURRENCIES[currency].smallest_charge


@given(minor=st.integers(300, 99_999_999), percent=st.integers(1, 100), fee_percent=st.integers(0, 30))
def test_with_a_discount_of_the_shops_own_the_seller_gets_what_they_would_get_without_it(
    minor: int, percent: int, fee_percent: int
) -> None:
    price = Money(minor, "eur")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quotes, "fee_of", lambda paid, **_: paid.share(percent=fee_percent))
        plain = quote(None, price, seller_id=SELLER, at=timezone.now())
        found = quote(discount(PERCENT, percent, seller=False), price, seller_id=SELLER, at=timezone.now())

    assert found.price - found.fee == plain.price - plain.fee
    assert (found.price + found.off, found.fee.minor >= 0) == (price, True)
    assert found.off <= plain.fee


@pytest.mark.django_db
def test_of_a_sellers_discount_our_fee_is_of_what_is_paid() -> None:
    seller = SellerFactory()
    one = SimpleNamespace(kind=PERCENT, percent=50, amount=0, seller_id=seller.pk)

    found = quote(one, Money(2_000, "eur"), seller_id=seller.pk, at=timezone.now())  # type: ignore[arg-type]  # what it reads

    assert (found.price.minor, found.fee.minor, found.off.minor) == (1_000, 100, 1_000)
