"""A pull credential at `/auth/token`: its images, nothing else, at no further query."""

import pytest
from django.test import Client

from accounts.people.models import User
from accounts.tokens.services import IssuedToken
from marketplace.credentials.services import make_pull_credential
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import EntitlementFactory, FreeProductFactory
from tests.registry_auth.conftest import access_of, basic

pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer() -> User:
    return UserFactory()


@pytest.fixture
def images(buyer: User) -> list[Image]:
    """Two images that the buyer holds."""
    return [EntitlementFactory(holder=buyer.account).image for _ in range(2)]


@pytest.fixture
def credential(buyer: User, images: list[Image]) -> IssuedToken:
    """A credential for the first of them."""
    return make_pull_credential(user=buyer, image_ids=[images[0].pk], name="cluster")


def ask(client: Client, credential: IssuedToken, *scopes: str, username: str | None = None, secret: str | None = None, **query: str):
    name = credential.token.username if username is None else username
    headers = {"authorization": basic(name, secret or credential.secret)}
    return client.get("/auth/token", {"scope": scopes, **query}, headers=headers)


def everything(*images: Image) -> list[str]:
    return [f"repository:{image.repository}:*" for image in images]


def test_it_pulls_its_own_image_only(credential, images, token_client) -> None:
    free = FreeProductFactory().images.get()

    assert access_of(ask(token_client, credential, *everything(*images, free))) == {images[0].repository: ["pull"]}


def test_its_identity_token_is_limited_as_well(credential, images, token_client) -> None:
    identity = ask(token_client, credential, offline_token="true").json()["refresh_token"]

    answer = ask(token_client, credential, *everything(*images), username="<token>", secret=identity)

    assert access_of(answer) == {images[0].repository: ["pull"]}


def test_after_a_refund_it_opens_nothing(credential, images, token_client) -> None:
    Entitlement.objects.filter(image=images[0]).delete()

    assert access_of(ask(token_client, credential, *everything(*images))) == {}


def test_one_of_the_staff_neither_lists_nor_deletes(buyer, credential, images, token_client) -> None:
    User.objects.filter(pk=buyer.pk).update(is_staff=True, is_superuser=True)

    answer = ask(token_client, credential, "registry:catalog:*", *everything(*images))

    assert access_of(answer) == {images[0].repository: ["pull"]}


def test_one_query_answers_it(credential, images, token_client, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        ask(token_client, credential, *everything(*images))
