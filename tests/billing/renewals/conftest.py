"""A product in two editions that are paid by the month, somebody who subscribes to one, and Stripe's clock, which is set forward."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from billing.checkout.amounts import Wish
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.renewals import announcing, planning, services, upgrading
from billing.renewals import editions as choosing
from billing.subscriptions.models import Subscription
from marketplace.products.models import Edition, Price, Product
from tests.factories.marketplace import EditionFactory, NamespaceFactory, ProductFactory, PushedImageFactory
from tests.support.sandbox import Sandbox


@pytest.fixture
def editions(seller: SellerProfile) -> Product:
    """Standard has one image for €19.00 a month, Pro both for €49.00."""
    namespace = NamespaceFactory(owner=seller.account)
    images = [PushedImageFactory(namespace=namespace) for _ in range(2)]
    divided: Product = ProductFactory(namespace=namespace, title="Postgres HA", images=images)
    EditionFactory(product=divided, name="Standard", images=images[:1], price__amount=1900, price__interval="month")
    EditionFactory(product=divided, name="Pro", images=images, price__amount=4900, price__interval="month")
    return divided


def price_of(name: str) -> Price:
    return Edition.objects.get(name=name).prices.select_related("product__namespace", "edition").get(retired_at=None)


@pytest.fixture
def subscribe(sandbox: Sandbox, editions: Product, buyer: User) -> Callable[..., Subscription]:
    """Subscribe to an edition, and pay the first period."""

    def act(name: str, user: User | None = None) -> Subscription:
        order = place_order(product=editions, user=user or buyer, wish=Wish(price_of(name).pk))
        open_checkout(order=order)
        order.refresh_from_db()
        sandbox.press(order)
        reconcile_order(order_id=order.pk)
        return fresh(Subscription.objects.get(orders=order))

    return act


@pytest.fixture
def standard(subscribe: Callable[..., Subscription]) -> Subscription:
    return subscribe("Standard")


@pytest.fixture
def pro(subscribe: Callable[..., Subscription]) -> Subscription:
    return subscribe("Pro")


@pytest.fixture
def one_clock(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is counted from is counted by Stripe's clock."""
    stripes = SimpleNamespace(now=lambda: clock(sandbox))
    for module in (announcing, choosing, planning, services, upgrading):
        monkeypatch.setattr(module, "timezone", stripes)


def clock(sandbox: Sandbox) -> datetime:
    return datetime.fromtimestamp(sandbox.http.get("/sandbox/api/clock").json()["now"], UTC)


def fresh(subscription: Subscription) -> Subscription:
    """The subscription as it is stored now."""
    return Subscription.objects.select_related("product__namespace", "price", "buyer", "seller").get(pk=subscription.pk)


def orders_of(subscription: Subscription) -> list[tuple[str, int, str, str]]:
    """What each order of a subscription sold, came to, where it stands, and what staff should check."""
    found = Order.objects.filter(subscription=subscription).order_by("created_at")
    return list(found.values_list("product_title", "amount", "state", "flag"))
