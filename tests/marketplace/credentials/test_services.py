"""A pull credential pulls its images, as long as its user may, and opens nothing else."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.organisations.selectors import account_ids_of
from accounts.people.errors import EmailNotVerified
from accounts.people.models import Account, User
from accounts.robots.errors import PushingRobotNeedsImages
from accounts.tokens.errors import TokenTooPowerful
from accounts.tokens.models import AccessToken, TokenScope
from accounts.tokens.services import create_access_token
from marketplace.credentials.errors import LimitedTokenUsesNoApi, NothingToPull
from marketplace.credentials.models import CredentialImage
from marketplace.credentials.selectors import image_ids_of, images_of_credential, images_to_choose
from marketplace.credentials.services import make_access_token, make_pull_credential, make_robot, replace_robot
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.policy import Action, Subject, allowed_actions
from marketplace.images.models import Image
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import MembershipFactory, OrganisationSellerFactory, RobotFactory, SellerFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory, FreeProductFactory, ImageFactory, NamespaceFactory, PushedImageFactory
from tests.support.credentials import find_credential

pytestmark = pytest.mark.django_db
PULL = frozenset({Action.PULL})


@pytest.fixture
def buyer() -> User:
    return UserFactory()


@pytest.fixture
def bought(buyer: User):
    return EntitlementFactory(holder=buyer.account).image


def allowed(token: AccessToken, *images: Image) -> list[frozenset[Action]]:
    subject = Subject.by_token(token)
    answer = allowed_actions(subject=subject, repositories=[image.repository for image in images])
    return [answer[image.repository] for image in images]


def test_it_pulls_its_images_and_no_other_that_its_user_holds(buyer: User, bought: Image) -> None:
    other = EntitlementFactory(holder=buyer.account).image

    issued = make_pull_credential(user=buyer, image_ids=[bought.pk], name="shop floor")

    assert (issued.token.scopes, issued.token.limited_to) == ([TokenScope.PULL], bought.repository)
    assert allowed(issued.token, bought, other) == [PULL, frozenset()]
    credential = find_credential(issued.secret)
    assert credential is not None
    assert credential.limited


def test_a_bundle_is_one_credential(buyer: User, bought: Image) -> None:
    other = EntitlementFactory(holder=buyer.account).image

    issued = make_pull_credential(user=buyer, image_ids=[other.pk, bought.pk], name="both")

    assert allowed(issued.token, bought, other) == [PULL, PULL]
    assert issued.token.limited_to == ", ".join(sorted([bought.repository, other.repository]))


def test_what_is_free_needs_no_credential_and_is_not_opened_by_one_for_other_images(buyer: User, bought: Image) -> None:
    free = FreeProductFactory().images.get()

    issued = make_pull_credential(user=buyer, image_ids=[bought.pk], name="x")

    assert allowed(issued.token, free) == [frozenset()]
    assert allowed_actions(subject=Subject.anonymous(), repositories=[free.repository]) == {free.repository: PULL}


def test_after_a_refund_it_pulls_nothing(buyer: User, bought: Image) -> None:
    issued = make_pull_credential(user=buyer, image_ids=[bought.pk], name="x")

    Entitlement.objects.all().delete()

    assert allowed(issued.token, bought) == [frozenset()]


def test_without_its_rows_a_limited_credential_opens_nothing(buyer: User, bought: Image) -> None:
    issued = make_pull_credential(user=buyer, image_ids=[bought.pk], name="x")

    CredentialImage.objects.all().delete()

    assert allowed(issued.token, bought) == [frozenset()]


def test_one_of_the_staff_pulls_no_more_with_it_than_a_customer() -> None:
    staff = UserFactory(staff=True)
    held, other = EntitlementFactory(holder=staff.account).image, ImageFactory()

    issued = make_pull_credential(user=staff, image_ids=[held.pk], name="x")

    assert allowed(issued.token, held, other) == [PULL, frozenset()]
    assert not Subject.by_token(issued.token).is_staff


def test_what_one_may_not_pull_makes_no_credential(buyer: User, bought: Image) -> None:
    foreign = ImageFactory()

    for chosen in ([], [foreign.pk], [bought.pk, foreign.pk], [buyer.pk]):
        with pytest.raises(NothingToPull):
            make_pull_credential(user=buyer, image_ids=chosen, name="x")

    assert not AccessToken.objects.exists()


def test_without_a_verified_address_nothing_is_left(bought: Image) -> None:
    user = UserFactory(verified=False)
    EntitlementFactory(holder=user.account, image=bought)

    with pytest.raises(EmailNotVerified):
        make_pull_credential(user=user, image_ids=[bought.pk], name="x")

    assert not CredentialImage.objects.exists()


def test_it_makes_no_tokens(buyer: User, bought: Image) -> None:
    maker = make_pull_credential(user=buyer, image_ids=[bought.pk], name="x").token

    with pytest.raises(TokenTooPowerful):
        create_access_token(user=buyer, name="more", scopes=[TokenScope.PULL], maker=maker)

    assert AccessToken.objects.count() == 1


@pytest.fixture
def seller():
    return ImageFactory().owner.user


def test_a_token_limited_to_an_image_pushes_it_and_no_other_of_its_owner(seller: User) -> None:
    image = Image.objects.get(owner=seller.account)
    other = ImageFactory(namespace=image.namespace)

    issued = make_access_token(user=seller, name="ci", scopes=[TokenScope.PULL, TokenScope.PUSH], image_ids=[image.pk])

    assert (issued.token.scopes, issued.token.limited_to) == ([TokenScope.PULL, TokenScope.PUSH], image.repository)
    assert allowed(issued.token, image, other) == [frozenset({Action.PULL, Action.PUSH}), frozenset()]


def test_an_image_that_the_scopes_do_not_open_is_not_chosen(seller: User, bought: Image) -> None:
    EntitlementFactory(holder=seller.account, image=bought)

    with pytest.raises(NothingToPull):
        make_access_token(user=seller, name="ci", scopes=[TokenScope.PUSH], image_ids=[bought.pk])

    assert not AccessToken.objects.exists()


def test_a_limited_token_uses_no_api(seller: User) -> None:
    image = Image.objects.get(owner=seller.account)

    with pytest.raises(LimitedTokenUsesNoApi):
        make_access_token(user=seller, name="ci", scopes=[TokenScope.PULL, TokenScope.API], image_ids=[image.pk])

    assert not AccessToken.objects.exists()


def test_without_images_a_token_is_for_all(buyer: User, bought: Image) -> None:
    issued = make_access_token(user=buyer, name="all", scopes=[TokenScope.PULL])

    assert not issued.token.limited
    assert allowed(issued.token, bought) == [PULL]
    assert not CredentialImage.objects.exists()


def test_the_mail_names_its_images(buyer: User, bought: Image) -> None:
    make_pull_credential(user=buyer, image_ids=[bought.pk], name="x")

    mail = OutgoingMail.objects.get()
    assert f"Images: {bought.repository}" in mail.body_text
    assert bought.repository in mail.body_html


def test_one_chooses_among_what_one_owns_and_holds(buyer: User, bought: Image) -> None:
    team = MembershipFactory(user=buyer).account
    teams = EntitlementFactory(holder=team).image
    own = ImageFactory(namespace=NamespaceFactory(owner=SellerFactory(user=buyer).account))
    EntitlementFactory(holder=buyer.account, revoked=True)
    EntitlementFactory(holder=buyer.account, suspended=True)
    EntitlementFactory(holder=buyer.account, image__taken_down_at=timezone.now(), image__take_down_reason="Copied.")
    FreeProductFactory()

    images = images_to_choose(account_ids_of(buyer))

    assert images == sorted([bought, teams, own], key=lambda image: image.repository)


@pytest.fixture
def owner():
    return MembershipFactory().user


@pytest.fixture
def team(owner: User) -> Account:
    return owner.memberships.get().account


def test_a_robot_pulls_its_images_and_no_other_that_its_organisation_holds(owner: User, team: Account) -> None:
    held, other = (EntitlementFactory(holder=team).image for _ in range(2))

    limited = make_robot(organisation=team, actor=owner, name="ci", image_ids=[held.pk]).token
    free_of_limits = make_robot(organisation=team, actor=owner, name="all").token

    assert allowed(limited, held, other) == [PULL, frozenset()]
    assert allowed(free_of_limits, held, other) == [PULL, PULL]
    assert images_of_credential(limited) == [held]
    assert images_of_credential(free_of_limits) == sorted([held, other], key=lambda image: image.repository)


def test_what_its_maker_holds_in_person_is_not_the_robots(owner: User, team: Account) -> None:
    private = EntitlementFactory(holder=owner.account).image

    with pytest.raises(NothingToPull):
        make_robot(organisation=team, actor=owner, name="ci", image_ids=[private.pk])

    assert allowed(make_robot(organisation=team, actor=owner, name="ci").token, private) == [frozenset()]


@pytest.mark.parametrize("overlap", [timedelta(), timedelta(days=1)])
def test_a_replaced_robot_has_the_same_images(owner: User, team: Account, overlap: timedelta) -> None:
    held, other = (EntitlementFactory(holder=team).image for _ in range(2))
    robot = make_robot(organisation=team, actor=owner, name="ci", image_ids=[held.pk]).token

    new = replace_robot(robot=robot, actor=owner, overlap=overlap).token

    assert new.limited_to == robot.limited_to
    assert allowed(new, held, other) == [PULL, frozenset()]


def test_a_replaced_robot_for_all_images_stays_one(owner: User, team: Account) -> None:
    held = EntitlementFactory(holder=team).image
    robot = make_robot(organisation=team, actor=owner, name="ci").token

    new = replace_robot(robot=robot, actor=owner, overlap=timedelta()).token

    assert allowed(new, held) == [PULL]
    assert not CredentialImage.objects.exists()


def test_images_are_found_by_name_and_what_is_nobodys_is_refused(bought: Image) -> None:
    freed = ImageFactory(ended_at=timezone.now(), end_kind=Image.End.EXPIRED, freed_at=timezone.now())

    assert image_ids_of([bought.repository]) == [bought.pk]
    assert image_ids_of([]) == []
    for unknown in ("nobody/nothing", freed.repository):
        with pytest.raises(NothingToPull):
            image_ids_of([bought.repository, unknown])


def test_the_database_refuses_one_that_uses_the_api(buyer: User, bought: Image) -> None:
    token = make_pull_credential(user=buyer, image_ids=[bought.pk], name="x").token

    with pytest.raises(IntegrityError, match="access_token_limited_uses_no_api"), transaction.atomic():
        AccessToken.objects.filter(pk=token.pk).update(scopes=[TokenScope.PULL, TokenScope.API])


def test_a_robot_pushes_the_images_that_its_owners_name_and_keeps_that_when_it_is_replaced():
    owner = MembershipFactory(account=OrganisationSellerFactory().account)
    image, other = PushedImageFactory.create_batch(2, namespace=NamespaceFactory(owner=owner.account))

    made = make_robot(organisation=owner.account, actor=owner.user, name="ci", image_ids=[image.pk], pushes=True)
    replaced = replace_robot(robot=made.token, actor=owner.user, overlap=timedelta())

    for robot in (made.token, replaced.token):
        assert robot.scopes == ["registry:pull", "registry:push"]
        names = [image.repository, other.repository]
        allowed = allowed_actions(subject=Subject.by_token(robot), repositories=names)
        assert allowed == {image.repository: {Action.PULL, Action.PUSH}, other.repository: frozenset()}


def test_a_robot_pushes_neither_what_nobody_named_nor_what_the_organisation_only_holds():
    owner = MembershipFactory()
    held = EntitlementFactory(holder=owner.account).image

    with pytest.raises(PushingRobotNeedsImages):
        make_robot(organisation=owner.account, actor=owner.user, name="ci", pushes=True)
    with pytest.raises(NothingToPull):
        make_robot(organisation=owner.account, actor=owner.user, name="ci", image_ids=[held.pk], pushes=True)

    assert not AccessToken.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"scopes": ["registry:pull", "registry:push"]}, {"scopes": ["registry:push"], "limited_to": "a/b"}, {"scopes": ["api"]}]
)
def test_the_database_refuses_a_robot_that_pushes_everything_or_uses_the_api(fields):
    with pytest.raises(IntegrityError):
        RobotFactory(**fields)
