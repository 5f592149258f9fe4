"""A seller with two images that are sold alone and as a bundle, and a buyer who has the first."""

from dataclasses import dataclass

import pytest

from accounts.people.models import User
from billing.orders.models import Order
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
