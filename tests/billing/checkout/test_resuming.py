"""A purchase that was begun before: what is continued, and what makes way."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.people.models import User
from billing.checkout.errors import PaymentUnderWay
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.orders.errors import AlreadyOwned
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from marketplace.products.errors import ProductNotOffered
from marketplace.products.models import Price, Product
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import (
    PriceFactory,
    PushedImageFactory,
)
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def change_price(product: Product, amount: int) -> Price:
    product.prices.filter(retired_at=None).update(retired_at=timezone.now())
    return PriceFactory(product=product, amount=amount)


def test_buying_again_resumes_the_open_checkout(opened: Order, product: Product, buyer: User) -> None:
    again = place_order(product=product, user=buyer)

    assert again == opened
    assert open_checkout(order=again) == opened.checkout_url
    assert Order.objects.count() == 1


def test_two_buyers_of_one_product_have_an_order_each(opened: Order, product: Product) -> None:
    other = place_order(product=product, user=UserFactory())

    assert other != opened
    assert Order.objects.filter(state="pending").count() == 2


def test_a_new_price_closes_the_old_checkout_at_stripe_first(opened: Order, product: Product, buyer: User, sandbox: Sandbox) -> None:
    price = change_price(product, 900)

    order = place_order(product=product, user=buyer)

    opened.refresh_from_db()
    assert (opened.state, opened.checkout_url, sandbox.session_of(opened)["status"]) == ("expired", "", "expired")
    assert opened.closed_at is not None
    assert (order.state, order.amount, order.price) == ("pending", 900, price)


def test_a_changed_bundle_closes_the_old_checkout(opened: Order, product: Product, buyer: User) -> None:
    more = PushedImageFactory(namespace=product.namespace)
    product.product_images.create(image=more, owner_id=product.seller_id)

    order = place_order(product=product, user=buyer)

    opened.refresh_from_db()
    assert opened.state == "expired"
    assert order.images.count() == 2


def test_the_price_of_the_session_wins_over_a_later_one(opened: Order, product: Product, sandbox: Sandbox, holds, buyer: User) -> None:
    change_price(product, 900)
    sandbox.press(opened)

    order = reconcile_order(order_id=opened.pk)

    assert (order.state, order.amount, order.price.amount) == ("paid", 500, 500)
    assert holds(buyer) == [product.images.get().repository]


def test_buying_what_was_paid_a_moment_ago_finds_the_payment(opened: Order, product: Product, buyer: User, sandbox: Sandbox) -> None:
    sandbox.press(opened)
    change_price(product, 900)

    with pytest.raises(AlreadyOwned):
        place_order(product=product, user=buyer)

    opened.refresh_from_db()
    assert (opened.state, Order.objects.count()) == ("paid", 1)


def test_paying_twice_in_one_session_leads_to_the_order(opened: Order, product: Product, buyer: User, sandbox: Sandbox) -> None:
    sandbox.press(opened)

    again = place_order(product=product, user=buyer)

    assert open_checkout(order=again) == f"http://layerstore.test:8080/billing/return/{opened.pk}/"
    opened.refresh_from_db()
    assert opened.state == "paid"


def test_a_session_that_ran_out_makes_way_for_a_new_order(opened: Order, product: Product, buyer: User, sandbox: Sandbox) -> None:
    Order.objects.update(checkout_expires_at=timezone.now() - timedelta(seconds=1))
    sandbox.press(opened, "expire")

    order = place_order(product=product, user=buyer)

    opened.refresh_from_db()
    assert (opened.state, order.state) == ("expired", "pending")


def test_an_order_that_never_reached_stripe_makes_way_once_stripe_would_open_none(product: Product, buyer: User) -> None:
    first = place_order(product=product, user=buyer)
    Order.objects.update(checkout_expires_at=timezone.now() + timedelta(minutes=30))

    second = place_order(product=product, user=buyer)

    first.refresh_from_db()
    assert (first.state, first.checkout_session_id) == ("expired", None)
    assert (second.state, second != first) == ("pending", True)


def test_while_a_bank_debit_is_under_way_nothing_is_sold_twice(opened: Order, product: Product, buyer: User, sandbox: Sandbox) -> None:
    sandbox.press(opened, "pay-later")
    change_price(product, 900)

    with pytest.raises(PaymentUnderWay):
        place_order(product=product, user=buyer)

    opened.refresh_from_db()
    assert (opened.state, Order.objects.count()) == ("pending", 1)


def test_a_flagged_order_is_not_resumed(opened: Order, product: Product, buyer: User) -> None:
    Order.objects.update(flagged_at=timezone.now(), flag="Look.")

    with pytest.raises(PaymentUnderWay):
        place_order(product=product, user=buyer)

    assert Order.objects.count() == 1


def test_a_product_that_left_the_shop_closes_its_checkout(opened: Order, product: Product, buyer: User) -> None:
    product.prices.update(retired_at=timezone.now())

    with pytest.raises(ProductNotOffered):
        place_order(product=product, user=buyer)

    opened.refresh_from_db()
    assert opened.state == "expired"
