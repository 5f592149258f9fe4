"""A seller with two images that are sold alone and as a bundle, and a buyer who has the first."""

from dataclasses import dataclass

import pytest
from django.utils import timezone

from accounts.people.models import User
from billing.orders.models import Order
from billing.payments.grants import follow_transition
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image
from marketplace.products.models import Product
from tests.factories.accounts import UserFactory
from tests.factories.billing import PaidOrderFactory
from tests.factories.marketplace import NamespaceFactory, ProductFactory, PushedImageFactory


@dataclass
class Shelf:
    """Products of one seller: `one` and `two` with an image each (€5.00), `both` with the two of them (€8.00), `all` with a third (€12.00)."""

    one: Product
    two: Product
    both: Product
    all: Product


@pytest.fixture
def shelf(db: None) -> Shelf:
    namespace = NamespaceFactory()
    images = PushedImageFactory.create_batch(3, namespace=namespace)

    def product(*held: int, amount: int) -> Product:
        made: Product = ProductFactory(namespace=namespace, images=[images[n] for n in held], price__amount=amount)
        return made

    return Shelf(product(0, amount=500), product(1, amount=500), product(0, 1, amount=800), product(0, 1, 2, amount=1_200))


@pytest.fixture
def buyer(db: None) -> User:
    return UserFactory()


@pytest.fixture
def earlier(shelf: Shelf, buyer: User) -> Order:
    """The buyer's purchase of the first image alone."""
    order: Order = PaidOrderFactory(product=shelf.one, placed_by=buyer)
    return order


def held(order: Order) -> set[Image]:
    """The images that the order lets somebody pull at this moment."""
    return {one.image for one in Entitlement.objects.in_force().filter(source_id=order.pk)}


def paid(order: Order) -> Order:
    """Let the order be paid, as an observation does it."""
    return moved(order, Order.State.PAID)


def moved(order: Order, to: Order.State) -> Order:
    came_from, order.state = Order.State(order.state), to
    order.paid_at, order.checkout_url = order.paid_at or timezone.now(), ""
    order.save()
    follow_transition(order, came_from=came_from, images=[sold.image for sold in order.images.all()])
    return order
