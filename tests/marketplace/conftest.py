"""Readers of the pages and users of the API: a stranger, a member, a seller."""

from typing import cast

import pytest
from django.http import HttpRequest
from django.test import Client
from rest_framework.test import APIClient

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from marketplace.images.models import Namespace
from marketplace.selling.guards import SellerRequest
from tests.factories.accounts import AccessTokenFactory, SellerFactory, UserFactory
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


def client_of(user: User | None) -> APIClient:
    """A client that signs in as programs do."""
    return APIClient(headers={"Authorization": f"Bearer {AccessTokenFactory(user=user).secret}"})


def acting_for(request: HttpRequest) -> SellerProfile:
    """Return for whom a seller's page was opened."""
    return cast("SellerRequest", request).seller


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
