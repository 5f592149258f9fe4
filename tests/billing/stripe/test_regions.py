"""Sellers in another region than ours: Stripe takes their sales on their behalf, or everybody reads why not."""

import pytest
from django.test import Client

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.payouts.services import refresh_seller
from billing.stripe.regions import in_another_region
from marketplace.products.models import Product
from tests.billing.conftest import person_of
from tests.factories.accounts import SellerFactory
from tests.factories.marketplace import NamespaceFactory, ProductFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("country", "ours", "expected"),
    [
        ("DE", "NO", False),
        ("US", "NO", True),
        ("GB", "DE", True),
        ("US", "US", False),
        ("", "NO", False),
        ("US", "", False),
    ],
)
def test_the_eea_is_one_region_and_all_others_are_one_each(country: str, ours: str, *, expected: bool) -> None:
    assert in_another_region(country, ours=ours) is expected


def product_of(sandbox: Sandbox, country: str) -> Product:
    seller = SellerFactory(stripe_account_id=sandbox.account(country=country))
    refresh_seller(seller_id=seller.pk)
    return ProductFactory(namespace=NamespaceFactory(owner=seller.account))


@pytest.mark.parametrize(("country", "abroad"), [("DE", False), ("US", True)])
def test_a_sale_settles_with_its_seller_exactly_if_they_are_in_another_region(
    sandbox: Sandbox, buyer: User, settings, country: str, *, abroad: bool
) -> None:
    settings.LAYERSTORE_STRIPE_COUNTRY = "NO"
    product = product_of(sandbox, country)
    order = place_order(product=product, user=buyer)

    open_checkout(order=order)

    order.refresh_from_db()
    sandbox.press(order)
    intent = sandbox.get(f"/payment_intents/{sandbox.session_of(order)['payment_intent']}")
    assert intent["on_behalf_of"] == (order.destination_account_id if abroad else None)
    assert intent["transfer_data"]["destination"] == order.destination_account_id
    assert (reconcile_order(order_id=order.pk).state, order.seller.stripe_country) == ("paid", country)


def test_where_we_do_not_know_our_own_country_seller_and_staff_read_why_it_is_refused(sandbox: Sandbox, buyer: User, settings) -> None:
    settings.LAYERSTORE_STRIPE_COUNTRY = ""
    product = product_of(sandbox, "US")
    client = Client()
    client.force_login(buyer)

    client.post(f"/billing/buy/{product.pk}/")

    seller = SellerProfile.objects.get(pk=product.seller_id)
    assert "Stripe does not let us pay into the region of your Stripe account" in seller.stripe_problem
    assert "outside the platform's region" in Order.objects.get().flag


def test_a_seller_says_where_they_are_and_gets_an_account_there(sandbox: Sandbox, settings) -> None:
    settings.LAYERSTORE_STRIPE_COUNTRY = "NO"
    seller = SellerFactory(stripe_account_id=None, charges_enabled=False, payouts_enabled=False)
    NamespaceFactory(owner=seller.account)
    client = Client()
    client.force_login(person_of(seller))
    assert '<option value="NO" selected>Norway</option>' in client.get("/selling/payouts/").content.decode()

    client.post("/selling/payouts/connect", {"country": "US"})

    seller.refresh_from_db()
    assert sandbox.get(f"/accounts/{seller.stripe_account_id}")["country"] == "US"
    sandbox.control(f"/accounts/{seller.stripe_account_id}")
    client.get("/selling/payouts/return")
    assert "Your sales settle there" in client.get("/selling/payouts/").content.decode()


def test_a_country_that_is_none_is_ours(sandbox: Sandbox) -> None:
    seller = SellerFactory(stripe_account_id=None, charges_enabled=False, payouts_enabled=False)
    NamespaceFactory(owner=seller.account)
    client = Client()
    client.force_login(person_of(seller))
    assert 'id="country"' not in client.get("/selling/payouts/").content.decode()

    client.post("/selling/payouts/connect", {"country": "Atlantis"})

    seller.refresh_from_db()
    assert sandbox.get(f"/accounts/{seller.stripe_account_id}")["country"] == "NO"
