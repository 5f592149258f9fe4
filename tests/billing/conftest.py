"""A shop with one seller whom Stripe knows, one product and one buyer."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from marketplace.products.models import Product
from tests.factories.accounts import SellerFactory, UserFactory
from tests.factories.marketplace import NamespaceFactory, ProductFactory
from tests.support.sandbox import Sandbox, sandbox, sandbox_process

__all__ = ["sandbox", "sandbox_process"]


def person_of(seller: SellerProfile) -> User:
    """Who signs in for a seller of these tests."""
    assert seller.account.user is not None
    return seller.account.user


@pytest.fixture
def seller(sandbox: Sandbox, transactional_db: None) -> SellerProfile:
    return SellerFactory(stripe_account_id=sandbox.account())


@pytest.fixture
def product(seller: SellerProfile) -> Product:
    return ProductFactory(namespace=NamespaceFactory(owner=seller.account), title="Postgres HA")


@pytest.fixture
def buyer(transactional_db: None) -> User:
    return UserFactory()


@pytest.fixture
def opened(product: Product, buyer: User) -> Order:
    """An order whose Checkout Session is open."""
    order = place_order(product=product, user=buyer)
    open_checkout(order=order)
    order.refresh_from_db()
    return order


@pytest.fixture
def paid(opened: Order, sandbox: Sandbox) -> Order:
    """An order that was paid and reconciled."""
    sandbox.press(opened)
    return reconcile_order(order_id=opened.pk)


@pytest.fixture
def buy(sandbox: Sandbox) -> Callable[..., Order]:
    """Place, open and pay an order; Stripe has the money, and we have not heard of it."""

    def act(product: Product, user: User, deed: str = "pay") -> Order:
        order = place_order(product=product, user=user)
        open_checkout(order=order)
        order.refresh_from_db()
        sandbox.press(order, deed)
        return order

    return act


@pytest.fixture
def holds() -> Callable[[Any], list[str]]:
    """The repositories that a user may pull by entitlements in force, one entry for each entitlement."""

    def ask(user: User) -> list[str]:
        return sorted(user.account.entitlements.in_force().values_list("image__repository", flat=True))

    return ask
