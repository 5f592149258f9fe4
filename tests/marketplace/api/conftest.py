import pytest
from rest_framework.test import APIClient

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from marketplace.images.models import Namespace
from tests.factories.accounts import AccessTokenFactory, UserFactory
from tests.factories.marketplace import NamespaceFactory


def client_of(user: User | None) -> APIClient:
    """A client that signs in as programs do."""
    return APIClient(headers={"Authorization": f"Bearer {AccessTokenFactory(user=user).secret}"})


@pytest.fixture
def namespace() -> Namespace:
    return NamespaceFactory(name="acme")


@pytest.fixture
def seller(namespace: Namespace) -> SellerProfile:
    return namespace.owner.seller


@pytest.fixture
def as_seller(namespace: Namespace) -> APIClient:
    return client_of(namespace.owner.user)


@pytest.fixture
def as_other() -> APIClient:
    """Another seller, with a namespace of their own."""
    return client_of(NamespaceFactory(name="rival").owner.user)


@pytest.fixture
def as_buyer() -> APIClient:
    return client_of(UserFactory(username="mira"))
