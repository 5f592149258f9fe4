"""A seller with a product, and somebody who gets it."""

import pytest

from accounts.people.models import User
from marketplace.products.models import Product
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import NamespaceFactory, ProductFactory


@pytest.fixture
def product(db: None) -> Product:
    return ProductFactory(namespace=NamespaceFactory(name="acme"), slug="db", title="Postgres HA")


@pytest.fixture
def seller(product: Product) -> User:
    user = product.seller.account.user
    assert user is not None
    return user


@pytest.fixture
def friend(db: None) -> User:
    return UserFactory(username="kim")
