"""A product whose namespace was handed over: what was open under its old seller is closed, and nothing is sold for them any more."""

import pytest

from accounts.people.models import Account
from billing.checkout.placing import place_order
from billing.orders.models import Order
from billing.orders.stopped import orders_to_close, why_stopped
from common.db.errors import LockTimeout
from marketplace.products.models import Product
from marketplace.products.services.hand_over import hand_over_namespace
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.billing import OrderFactory
from tests.factories.marketplace import ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Product:
    return ProductFactory()


def hand_over(product: Product) -> Account:
    actor = product.seller.account.user
    assert actor
    organisation: Account = MembershipFactory(user=actor).account
    hand_over_namespace(namespace=product.namespace, organisation=organisation, actor=actor)
    return organisation


def test_a_checkout_of_the_old_seller_is_closed_and_what_was_paid_is_kept(product: Product) -> None:
    order = OrderFactory(product=product)
    assert not orders_to_close().exists()

    hand_over(product)

    assert orders_to_close().get() == order
    assert why_stopped(seller=order.seller, product=Product.objects.get(), images=product.images.all()) == ""


def test_who_was_about_to_order_from_the_old_seller_tries_again(product: Product) -> None:
    stale = Product.objects.get()
    hand_over(product)

    with pytest.raises(LockTimeout):
        place_order(user=UserFactory(), product=stale)

    assert not Order.objects.exists()
