from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from accounts.organisations.errors import NotAnOwner
from accounts.organisations.models import Membership, Role
from accounts.people.errors import EmailNotVerified
from accounts.people.models import Account, User
from accounts.robots import services
from accounts.robots.errors import InvalidRobotName, RobotEnded, RobotNameTaken, TooManyNewRobots, TooManyRobots
from accounts.robots.selectors import robots_of
from accounts.robots.services import create_robot, replace_robot, revoke_robot
from accounts.tokens.errors import TokenExpiryPast, TokenTooPowerful
from accounts.tokens.models import AccessToken, TokenScope
from accounts.tokens.selectors import live_robots_of
from audit.models import AuditEvent
from outbox.mail.models import OutgoingMail
from tests.accounts.tokens.conftest import makes_no_token
from tests.factories.accounts import AccessTokenFactory, MembershipFactory, OrganisationFactory, RobotFactory, UserFactory
from tests.support.credentials import find_credential

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def acme() -> Account:
    return OrganisationFactory(handle="acme", name="Acme & Co")


@pytest.fixture
def owner(acme: Account):
    return MembershipFactory(account=acme, user=UserFactory(username="mira")).user


def test_a_robot_pulls_for_its_organisation_under_its_own_user_name(acme: Account, owner: User) -> None:
    issued = create_robot(organisation=acme, actor=owner, name="ci")

    robot = AccessToken.objects.get()
    assert robot == issued.token
    assert (robot.user, robot.organisation, robot.scopes, robot.expires_at) == (None, acme, ["registry:pull"], None)
    found = find_credential(issued.secret)
    assert found is not None
    assert (found.username, found.account_ids, found.limited) == ("acme+ci", (acme.pk,), False)


def test_making_one_is_audited_and_told_to_every_owner_without_its_secret(acme: Account, owner: User) -> None:
    other = MembershipFactory(account=acme).user
    MembershipFactory(account=acme, role=Role.MEMBER)
    MembershipFactory(account=acme, user=UserFactory(is_active=False))

    issued = create_robot(organisation=acme, actor=owner, name="ci", limited_to="shop/db")

    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.target_id, event.details) == (
        "robot.created", owner, str(issued.token.pk), {"organisation": "acme", "scopes": ["registry:pull"]},
    )  # fmt: skip
    mails = OutgoingMail.objects.all()
    assert {mail.to for mail in mails} == {owner.email, other.email}
    for mail in mails:
        assert "A robot was created for Acme & Co by mira." in mail.body_text
        assert "shop/db" in mail.body_text
        assert issued.secret not in mail.subject + mail.body_text + mail.body_html


@pytest.mark.parametrize("name", ["", "Build", "build server", "-x", "x-", "a__b", "ü", "x" * 40, "ci\n", "a+b"])
def test_a_robot_is_called_as_a_user_could_be(acme: Account, owner: User, name: str) -> None:
    makes_no_token(InvalidRobotName, lambda: create_robot(organisation=acme, actor=owner, name=name))


def test_a_robot_that_would_be_dead_at_birth_is_not_made(acme: Account, owner: User) -> None:
    robot = RobotFactory(organisation=acme)

    makes_no_token(TokenExpiryPast, lambda: create_robot(organisation=acme, actor=owner, name="ci", expires_at=timezone.now()))
    makes_no_token(TokenExpiryPast, lambda: replace_robot(robot=robot, actor=owner, overlap=DAY, expires_at=timezone.now()))


@pytest.mark.parametrize("role", [Role.MEMBER, Role.BILLING, None])
def test_who_is_no_owner_neither_makes_nor_replaces_nor_revokes(acme: Account, role: Role | None) -> None:
    robot, somebody = RobotFactory(organisation=acme), UserFactory()
    if role:
        MembershipFactory(account=acme, user=somebody, role=role)

    makes_no_token(NotAnOwner, lambda: create_robot(organisation=acme, actor=somebody, name="ci"))
    makes_no_token(NotAnOwner, lambda: replace_robot(robot=robot, actor=somebody, overlap=DAY))
    makes_no_token(NotAnOwner, lambda: revoke_robot(robot=robot, actor=somebody))


def test_an_owner_without_a_verified_address_makes_none(acme: Account) -> None:
    owner = MembershipFactory(account=acme, user=UserFactory(verified=False)).user
    robot = RobotFactory(organisation=acme)

    makes_no_token(EmailNotVerified, lambda: create_robot(organisation=acme, actor=owner, name="ci"))
    makes_no_token(EmailNotVerified, lambda: replace_robot(robot=robot, actor=owner, overlap=DAY))


def test_a_name_is_one_live_robots_and_free_once_it_is_revoked(acme: Account, owner: User) -> None:
    robot = RobotFactory(organisation=acme, name="ci")

    makes_no_token(RobotNameTaken, lambda: create_robot(organisation=acme, actor=owner, name="ci"))
    revoke_robot(robot=robot, actor=owner)

    assert create_robot(organisation=acme, actor=owner, name="ci").token.is_live
    assert create_robot(organisation=MembershipFactory(user=owner).account, actor=owner, name="ci").token.is_live


def test_an_organisation_has_so_many_live_robots_and_no_more(acme: Account, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_ROBOTS", 2)
    RobotFactory()
    RobotFactory(organisation=acme, expires_at=timezone.now() - DAY)
    first, _ = RobotFactory.create_batch(2, organisation=acme)

    makes_no_token(TooManyRobots, lambda: create_robot(organisation=acme, actor=owner, name="ci"))
    makes_no_token(TooManyRobots, lambda: replace_robot(robot=first, actor=owner, overlap=DAY))

    assert replace_robot(robot=first, actor=owner, overlap=timedelta()).token.is_live


def test_an_organisation_gets_so_many_new_secrets_a_day_and_no_more(acme: Account, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "NEW_A_DAY", 2)
    RobotFactory()
    live, _ = RobotFactory(organisation=acme), RobotFactory(organisation=acme, revoked_at=timezone.now())

    makes_no_token(TooManyNewRobots, lambda: create_robot(organisation=acme, actor=owner, name="ci"))
    makes_no_token(TooManyNewRobots, lambda: replace_robot(robot=live, actor=owner, overlap=timedelta()))
    assert revoke_robot(robot=live, actor=owner).revoked_at is not None

    AccessToken.objects.filter(pk=live.pk).update(created_at=timezone.now() - DAY)
    assert create_robot(organisation=acme, actor=owner, name="ci").token.is_live


def test_a_token_makes_robots_that_it_outlives(acme: Account, owner: User) -> None:
    end = timezone.now() + DAY
    token = AccessTokenFactory(user=owner, expires_at=end)
    pushing = AccessTokenFactory(user=owner, scopes=[TokenScope.PUSH])

    makes_no_token(TokenTooPowerful, lambda: create_robot(organisation=acme, actor=owner, name="ci", maker=token))
    makes_no_token(TokenTooPowerful, lambda: create_robot(organisation=acme, actor=owner, name="ci", maker=pushing))
    create_robot(organisation=acme, actor=owner, name="ci", expires_at=end, maker=token)

    assert AuditEvent.objects.get().details == {"organisation": "acme", "scopes": ["registry:pull"], "maker": str(token.pk)}


@pytest.mark.parametrize("own_end", [None, 2 * DAY, DAY / 2])
def test_a_replaced_robot_goes_on_for_a_while_beside_the_new_secret(acme: Account, owner: User, own_end: timedelta | None) -> None:
    now = timezone.now()
    old = RobotFactory(organisation=acme, name="ci", limited_to="shop/db", expires_at=now + own_end if own_end else None)

    issued = replace_robot(robot=old, actor=owner, overlap=DAY)

    assert (issued.token.username, issued.token.limited_to, issued.token.expires_at) == ("acme+ci", "shop/db", None)
    assert {find_credential(secret).username for secret in (old.secret, issued.secret)} == {"acme+ci"}  # type: ignore[union-attr]  # None fails here as it should
    old.refresh_from_db()
    assert old.expires_at is not None
    assert abs(old.expires_at - now - min(own_end or DAY, DAY)) < timedelta(minutes=1)
    assert AuditEvent.objects.get().details == {"organisation": "acme", "scopes": ["registry:pull"], "replaces": str(old.pk)}
    assert OutgoingMail.objects.get().subject == "New secret for the robot acme+ci"


def test_replaced_at_once_the_old_secret_opens_nothing_more(acme: Account, owner: User) -> None:
    old = RobotFactory(organisation=acme, name="ci")

    issued = replace_robot(robot=old, actor=owner, overlap=timedelta())

    assert find_credential(old.secret) is None
    assert find_credential(issued.secret) is not None
    assert list(live_robots_of(acme)) == [issued.token]


def test_what_has_ended_or_been_replaced_is_not_replaced(acme: Account, owner: User) -> None:
    now = timezone.now()
    for over in ({"revoked_at": now}, {"expires_at": now - DAY}, {"superseded_at": now, "expires_at": now + DAY}):
        makes_no_token(RobotEnded, partial(replace_robot, robot=RobotFactory(organisation=acme, **over), actor=owner, overlap=DAY))


def test_revoking_is_audited_once_and_can_be_done_by_any_owner(acme: Account, owner: User) -> None:
    robot = RobotFactory(organisation=acme)

    revoke_robot(robot=robot, actor=owner)
    revoke_robot(robot=robot, actor=MembershipFactory(account=acme).user)

    assert find_credential(robot.secret) is None
    event = AuditEvent.objects.get()
    assert (event.actor, event.action) == (owner, "token.revoked")


def test_a_users_token_is_no_robot(owner: User) -> None:
    token = AccessTokenFactory(user=owner)

    with pytest.raises(TypeError):
        revoke_robot(robot=token, actor=owner)


def test_robots_stay_when_who_made_them_is_gone(acme: Account, owner: User) -> None:
    issued = create_robot(organisation=acme, actor=owner, name="ci")

    Membership.objects.all().delete()
    User.objects.update(is_active=False)

    assert find_credential(issued.secret) is not None
    (row,) = robots_of(acme)
    assert (row.robot, row.made_by, row.by_an_owner) == (issued.token, "mira", False)


@pytest.mark.parametrize(
    "stop",
    [lambda held: held.delete(), lambda _: User.objects.update(is_active=False), lambda _: Membership.objects.update(role=Role.MEMBER)],
    ids=["left", "is disabled", "is an owner no longer"],
)
def test_the_list_says_that_who_made_a_robot_manages_it_no_longer(acme: Account, owner: User, stop: Callable[[Membership], object]) -> None:
    MembershipFactory(user=owner)  # an owner elsewhere
    create_robot(organisation=acme, actor=owner, name="ci")
    RobotFactory(organisation=acme)
    assert [row.by_an_owner for row in robots_of(acme)] == [True, True]

    stop(Membership.objects.get(account=acme))

    assert [(row.made_by, row.by_an_owner) for row in robots_of(acme)] == [("", True), ("mira", False)]


def test_the_list_takes_two_queries_however_many_there_are(acme: Account, owner: User, django_assert_num_queries) -> None:
    for name in ("one", "two", "three"):
        create_robot(organisation=acme, actor=owner, name=name)

    with django_assert_num_queries(2):
        assert [(row.robot.username, row.made_by) for row in robots_of(acme)] == [
            ("acme+three", "mira"), ("acme+two", "mira"), ("acme+one", "mira"),
        ]  # fmt: skip
