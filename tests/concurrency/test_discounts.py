"""Many buyers with one code, at the same moment, on the real database."""

from typing import Any

import pytest

from billing.checkout.placing import place_order
from billing.discounts.errors import DiscountUsedByBuyer, DiscountUsedUp
from billing.discounts.models import DiscountUse
from billing.discounts.selectors import uses_of
from billing.discounts.services import end_discount
from billing.orders.models import Order
from billing.payments.reconcile import close_checkout
from common.db.errors import LockTimeout
from marketplace.products.models import Product
from tests.factories.accounts import UserFactory
from tests.factories.billing import DiscountFactory
from tests.factories.marketplace import ProductFactory
from tests.support.threads import run_in_threads

pytestmark = pytest.mark.django_db(transaction=True)
FIFTY = 50


@pytest.fixture
def products() -> list[Product]:
    """Of five sellers, so that no other row than the code's own lets one buyer wait for another."""
    return [ProductFactory() for _ in range(5)]


def test_a_discount_with_one_use_left_goes_to_exactly_one_of_fifty_buyers_at_once(products: list[Product]) -> None:
    code, users = DiscountFactory(of_shop=True, most_uses=1), UserFactory.create_batch(FIFTY)

    def buy(number: int) -> Any:
        while True:
            try:
                return place_order(product=products[number % len(products)], user=users[number], discount=code)
            except LockTimeout:  # what a page answers with "try again"
                continue

    outcomes = run_in_threads(FIFTY, buy)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["DiscountUsedUp"] * (FIFTY - 1) + ["Order"]
    assert (Order.objects.count(), DiscountUse.objects.count()) == (1, 1)
    (bought,) = [outcome for outcome in outcomes if isinstance(outcome, Order)]

    run_in_threads(4, lambda: close_checkout(order_id=bought.pk))  # released once, whoever closes it

    assert uses_of([code.pk])[code.pk].count == 0
    assert place_order(product=products[0], user=users[0], discount=code).state == "pending"
    with pytest.raises(DiscountUsedUp):
        place_order(product=products[1], user=users[1], discount=code)


def test_the_last_use_of_a_code_for_subscriptions_goes_to_exactly_one_of_fifty_buyers_at_once() -> None:
    product = ProductFactory(price__interval="month", price__amount=1_900)
    code, users = DiscountFactory(seller=product.seller, duration="repeating", months=3, most_uses=1), UserFactory.create_batch(FIFTY)

    def subscribe(number: int) -> Any:
        while True:
            try:
                return place_order(product=product, user=users[number], discount=code)
            except LockTimeout:
                continue

    outcomes = run_in_threads(FIFTY, subscribe)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["DiscountUsedUp"] * (FIFTY - 1) + ["Order"]
    assert list(Order.objects.values_list("amount", "discount_amount")) == [(1_520, 380)]
    assert DiscountUse.objects.count() == 1


def test_one_buyer_who_uses_a_code_for_several_products_at_once_uses_it_once(products: list[Product]) -> None:
    code, user = DiscountFactory(of_shop=True, most_per_customer=1), UserFactory()

    outcomes = run_in_threads(5, lambda number: place_order(product=products[number], user=user, discount=code))

    assert sorted(type(outcome) is Order for outcome in outcomes) == [False] * 4 + [True]
    assert {type(outcome) for outcome in outcomes} == {Order, DiscountUsedByBuyer}
    assert DiscountUse.objects.count() == 1


def test_who_buys_while_a_code_is_ended_has_bought_before_or_is_refused(products: list[Product]) -> None:
    code, users = DiscountFactory(of_shop=True), UserFactory.create_batch(4)
    staff = UserFactory(staff=True)

    def buy_or_end(number: int) -> Any:
        if number == 0:
            return end_discount(discount=code, actor=staff, reason="Enough.")
        return place_order(product=products[number], user=users[number - 1], discount=code)

    ended, *outcomes = run_in_threads(5, buy_or_end)

    bought = [outcome for outcome in outcomes if isinstance(outcome, Order)]
    assert ended.ended_at is not None
    assert {type(outcome).__name__ for outcome in outcomes} <= {"Order", "DiscountIsOver"}
    assert Order.objects.count() == DiscountUse.objects.count() == len(bought)
