"""Why somebody in an organisation does not pull, or does."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.organisations.models import Membership, Role
from accounts.people.models import Account, User
from marketplace.images.models import Image
from marketplace.products.models import Product
from registry_auth.why.answers import PullAnswer, Reason
from registry_auth.why.diagnosis import Login, why_not_pull
from tests.factories.accounts import (
    AccessTokenFactory,
    MembershipFactory,
    OrganisationFactory,
    OrganisationSellerFactory,
    RobotFactory,
    UserFactory,
)
from tests.factories.marketplace import DraftProductFactory, EntitlementFactory, NamespaceFactory, ProductFactory

pytestmark = pytest.mark.django_db
SITE = "http://layerstore.test:8080"


@pytest.fixture
def product() -> Product:
    return ProductFactory()


@pytest.fixture
def image(product: Product) -> Image:
    return product.images.get()


@pytest.fixture
def team(image: Image) -> Account:
    """An organisation that bought the image."""
    account = OrganisationFactory(handle="team", name="Team Blue")
    EntitlementFactory(holder=account, image=image)
    return account


@pytest.fixture
def mira() -> User:
    return UserFactory(username="mira")


def ask(image: Image, viewer: User | None, **fields) -> PullAnswer:
    return why_not_pull(image=f"{image.repository}:1.0", login=Login(**fields), viewer=viewer)


@pytest.mark.parametrize("role", [Role.OWNER, Role.MEMBER])
def test_who_belongs_to_the_organisation_that_bought_may_pull(team: Account, image: Image, mira: User, role: Role) -> None:
    MembershipFactory(account=team, user=mira, role=role)

    assert ask(image, mira).reason is Reason.MAY_PULL
    assert ask(image, mira, token=AccessTokenFactory(user=mira)).reason is Reason.MAY_PULL


def test_its_robot_may_pull(team: Account, image: Image, mira: User) -> None:
    assert ask(image, mira, token=RobotFactory(organisation=team)).reason is Reason.MAY_PULL


def test_who_buys_for_it_is_told_that_their_role_does_not_pull(team: Account, image: Image, mira: User) -> None:
    MembershipFactory(account=team, user=mira, role=Role.BILLING)

    for fields in ({}, {"token": AccessTokenFactory(user=mira)}):
        answer = ask(image, mira, **fields)
        assert answer.reason is Reason.ROLE_DOES_NOT_PULL
        assert answer.sentence == "Team Blue has this image; mira buys for Team Blue, and only its owners, members and robots can pull."
        assert answer.next_step == "Ask an owner of Team Blue to make mira a member, or sign docker in as one of its robots."


def test_their_credential_alone_tells_nobody_what_they_belong_to(team: Account, image: Image, mira: User) -> None:
    MembershipFactory(account=team, user=mira, role=Role.BILLING)
    token = AccessTokenFactory(user=mira)

    for viewer in (None, UserFactory()):
        assert ask(image, viewer, token=token).reason is Reason.NOT_BOUGHT
    answer = why_not_pull(image=image.repository, login=Login(username="mira"), viewer=UserFactory(staff=True), tells_all=True)
    assert answer.reason is Reason.ROLE_DOES_NOT_PULL


def test_they_are_told_so_of_an_image_that_is_no_longer_shown(mira: User) -> None:
    team = MembershipFactory(user=mira, role=Role.BILLING).account
    image = DraftProductFactory().images.get()
    EntitlementFactory(holder=team, image=image)

    assert ask(image, mira).reason is Reason.ROLE_DOES_NOT_PULL
    assert ask(image, UserFactory()).reason is Reason.NO_SUCH_NAME


def test_who_has_left_has_not_bought(team: Account, product: Product, image: Image, mira: User) -> None:
    MembershipFactory(account=team, user=mira)
    assert ask(image, mira).may_pull
    Membership.objects.all().delete()

    answer = ask(image, mira)

    assert (answer.reason, answer.url) == (Reason.NOT_BOUGHT, f"{SITE}/{product.namespace.name}/{product.slug}")


@pytest.mark.parametrize("role", Role)
def test_after_a_refund_members_hear_of_it_and_who_buys_is_sent_to_the_shop(image: Image, mira: User, role: Role) -> None:
    team = MembershipFactory(user=mira, role=role).account
    EntitlementFactory(holder=team, image=image, revoked=True)

    assert ask(image, mira).reason is (Reason.NOT_BOUGHT if role == Role.BILLING else Reason.REFUNDED)
    assert ask(image, mira, token=RobotFactory(organisation=team)).reason is Reason.REFUNDED


def test_what_is_wrong_with_a_robot_leads_to_the_robots(team: Account, image: Image) -> None:
    page, now = f"{SITE}/account/organisations/team/robots/", timezone.now()
    for over, step, url in (
        ({"revoked_at": now}, "Make a new one, then sign docker in again.", page),
        ({"expires_at": now - timedelta(days=1)}, "Make a new one, then sign docker in again.", page),
        ({"expires_at": now - timedelta(days=1), "superseded_at": now}, "Sign docker in with the newer secret.", ""),
        ({"limited_to": "shop/other"}, "Ask an owner of Team Blue for a robot that may pull this image.", page),
    ):
        robot = RobotFactory(organisation=team, **over)

        answer = ask(image, None, secret=robot.secret)

        assert (answer.next_step, answer.url) == (step, url)
        assert answer.command.endswith(f" -u team+{robot.name}")


def test_who_does_the_books_of_the_seller_is_told_so_and_its_members_pull(mira: User) -> None:
    acme = OrganisationSellerFactory(account__name="Acme").account
    image = DraftProductFactory(namespace=NamespaceFactory(owner=acme)).images.get()
    membership = MembershipFactory(account=acme, user=mira, role=Role.BILLING)

    assert ask(image, mira).reason is Reason.ROLE_DOES_NOT_PULL
    for role in (Role.MEMBER, Role.EDITOR, Role.OWNER):
        membership.role = role
        membership.save(update_fields=["role"])
        assert ask(image, mira).reason is Reason.MAY_PULL
