"""A seller with a product that can be tried, and somebody who tries it."""

import pytest

from accounts.people.models import User
from marketplace.products.models import Product
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import NamespaceFactory, ProductFactory


@pytest.fixture
def product(db: None) -> Product:
    return ProductFactory(namespace=NamespaceFactory(name="acme"), slug="db", title="Postgres HA", trial_days=14)


@pytest.fixture
def seller(product: Product) -> User:
    user = product.seller.account.user
    assert user is not None
    return user


@pytest.fixture
def kim(db: None) -> User:
    return UserFactory(username="kim", email="kim@example.test")
