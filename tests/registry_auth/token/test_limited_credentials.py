"""A pull credential at `/auth/token`: its images, nothing else, at no further query."""

import pytest
from django.db import connection
from django.test import Client

from accounts.organisations.models import Role
from accounts.people.models import User
from accounts.tokens.services import IssuedToken
from marketplace.credentials.services import make_pull_credential, make_robot
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image, Namespace
from tests.factories.accounts import AccessTokenFactory, MembershipFactory, OrganisationSellerFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory, FreeProductFactory, NamespaceFactory, PushedImageFactory
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


def test_a_robot_that_pushes_does_so_to_its_images_until_they_are_no_longer_its_organisations(token_client) -> None:
    owner = MembershipFactory(account=OrganisationSellerFactory().account)
    image, other = PushedImageFactory.create_batch(2, namespace=NamespaceFactory(owner=owner.account))
    robot = make_robot(organisation=owner.account, actor=owner.user, name="ci", image_ids=[image.pk], pushes=True)

    assert access_of(ask(token_client, robot, *everything(image, other))) == {image.repository: ["pull", "push"]}
    identity = ask(token_client, robot, offline_token="true").json()["refresh_token"]
    answer = ask(token_client, robot, *everything(image, other), username="<token>", secret=identity)
    assert access_of(answer) == {image.repository: ["pull", "push"]}

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    Namespace.objects.update(owner=owner.user.account)
    Image.objects.update(owner=owner.user.account)
    assert access_of(ask(token_client, robot, *everything(image, other))) == {}


@pytest.mark.parametrize(("role", "pushes"), [(Role.OWNER, True), (Role.EDITOR, True), (Role.MEMBER, False), (Role.BILLING, None)])
def test_a_person_pushes_to_the_images_of_an_organisation_by_their_role(token_client, role, pushes) -> None:
    membership = MembershipFactory(account=OrganisationSellerFactory().account, role=role)
    image = PushedImageFactory(namespace=NamespaceFactory(owner=membership.account))
    token = AccessTokenFactory(user=membership.user)
    issued = IssuedToken(token, token.secret)

    expected = {} if pushes is None else {image.repository: ["pull", "push"] if pushes else ["pull"]}
    assert access_of(ask(token_client, issued, *everything(image))) == expected
    membership.delete()
    assert access_of(ask(token_client, issued, *everything(image))) == {}
