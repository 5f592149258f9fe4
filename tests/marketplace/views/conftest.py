"""Readers of the pages: a stranger, a member, a seller."""

import pytest
from django.test import Client

from accounts.people.models import User
from marketplace.images.models import Namespace
from tests.factories.accounts import SellerFactory, UserFactory
from tests.factories.marketplace import NamespaceFactory


@pytest.fixture
def member(db: None) -> User:
    return UserFactory(username="mira")


@pytest.fixture
def member_client(member: User) -> Client:
    client = Client()
    client.force_login(member)
    return client


@pytest.fixture
def namespace(db: None) -> Namespace:
    return NamespaceFactory(name="acme", seller=SellerFactory(user__username="acme", display_name="Acme Data"))


@pytest.fixture
def seller_client(namespace: Namespace) -> Client:
    client = Client()
    assert namespace.owner.user
    client.force_login(namespace.owner.user)
    return client
