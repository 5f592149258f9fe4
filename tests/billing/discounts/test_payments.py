"""Codes all the way through Stripe: what is charged, kept and given back, and when a use comes back."""

from collections.abc import Callable

import pytest

from accounts.people.models import User
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.discounts.models import Discount
from billing.discounts.selectors import uses_of
from billing.ledger.models import Account
from billing.ledger.selectors import balances_of_order
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.refunds.services import request_refund
from common.money import Money
from marketplace.products.models import Product
from tests.factories.accounts import UserFactory
from tests.factories.billing import DiscountFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)
Pay = Callable[..., Order]


@pytest.fixture
def pay(sandbox: Sandbox, product: Product, buyer: User) -> Pay:
    """Buy a product of €5.00 with a discount, to the end."""

    def act(code: Discount, *deeds: str) -> Order:
        order = place_order(product=product, user=buyer, discount=code)
        open_checkout(order=order)
        order.refresh_from_db()
        for deed in deeds or ["pay"]:
            sandbox.press(order, deed)
        return reconcile_order(order_id=order.pk)

    return act


def refund(order: Order, amount: Money | None = None) -> None:
    continue_refund(refund_id=request_refund(order=order, amount=amount, reason="It did not start.", actor=None).pk)


def count(code: Discount) -> int:
    return uses_of([code.pk])[code.pk].count


def test_stripe_charges_the_reduced_price_and_the_books_have_our_part_of_it(pay: Pay, product: Product) -> None:
    order = pay(DiscountFactory(seller=product.seller, percent=40))

    assert (order.state, order.money, order.flag) == ("paid", Money(300, "eur"), "")
    books = balances_of_order(order.pk)
    assert (books[Account.PLATFORM_FEE], books[Account.SELLER_PAYABLE]) == ([Money(-30, "eur")], [Money(-270, "eur")])


def test_with_a_code_of_the_shops_own_the_books_owe_the_seller_what_they_get_without_it(pay: Pay) -> None:
    order = pay(DiscountFactory(of_shop=True, off=True, amount=30))

    books = balances_of_order(order.pk)
    assert (order.money, order.flag) == (Money(470, "eur"), "")
    assert (books[Account.PLATFORM_FEE], books[Account.SELLER_PAYABLE]) == ([Money(-20, "eur")], [Money(-450, "eur")])


def test_a_partial_refund_keeps_the_use_and_a_full_one_releases_it_once(pay: Pay, product: Product) -> None:
    code = DiscountFactory(seller=product.seller, most_uses=1)
    order = pay(code)

    refund(order, Money(100, "eur"))
    assert (Order.objects.get().state, count(code)) == ("partially_refunded", 1)

    refund(order)
    for _ in range(2):
        reconcile_order(order_id=order.pk)
    assert (Order.objects.get().state, count(code)) == ("refunded", 0)
    assert place_order(product=product, user=UserFactory(), discount=code).amount == 400
    assert count(code) == 1


@pytest.mark.parametrize(("deeds", "state"), [(["expire"], "expired"), (["pay-later", "fail"], "failed")])
def test_a_use_comes_back_when_a_checkout_expires_or_its_payment_fails(pay: Pay, product: Product, deeds: list[str], state: str) -> None:
    code = DiscountFactory(seller=product.seller, most_uses=1)

    order = pay(code, *deeds)

    assert (order.state, count(code)) == (state, 0)
