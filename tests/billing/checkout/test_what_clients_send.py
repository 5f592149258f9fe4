"""What a program or a form says about money is a wish: what is charged is decided here."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.people.models import User
from billing.orders.models import Order
from marketplace.products.models import Product
from tests.factories.accounts import AccessTokenFactory
from tests.factories.marketplace import ProductFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)
MADE_UP = {"amount": 1, "currency": "usd", "application_fee": 0, "discount_amount": 499, "credit_amount": 499, "state": "paid"}


def program_of(buyer: User) -> Client:
    return Client(headers={"Authorization": f"Bearer {AccessTokenFactory(user=buyer).secret}"})


def by_program(buyer: User, product: Product) -> None:
    body = {"product": str(product.pk), **MADE_UP}
    assert program_of(buyer).post("/api/v1/orders/", body, content_type="application/json").status_code == 201


def by_form(buyer: User, product: Product) -> None:
    client = Client()
    client.force_login(buyer)
    assert client.post(reverse("billing:buy", args=[product.pk]), MADE_UP).status_code == 303


@pytest.mark.parametrize("buy", [by_program, by_form])
def test_a_price_that_a_client_makes_up_is_not_charged(
    buyer: User, product: Product, sandbox: Sandbox, buy: Callable[[User, Product], None]
) -> None:
    buy(buyer, product)

    order = Order.objects.get()
    session = sandbox.session_of(order)
    assert (order.amount, order.currency, order.application_fee, order.state) == (500, "eur", 50, "pending")
    assert (session["amount_total"], session["currency"]) == (500, "eur")


def test_the_price_of_another_sellers_product_buys_nothing(buyer: User, product: Product) -> None:
    cheap = ProductFactory(price__amount=100).prices.get()

    answer = program_of(buyer).post(
        "/api/v1/orders/", {"product": str(product.pk), "price": str(cheap.pk)}, content_type="application/json"
    )

    assert (answer.status_code, answer.json()["code"], Order.objects.count()) == (409, "price_changed", 0)
