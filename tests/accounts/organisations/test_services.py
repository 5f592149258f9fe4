from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.conf import settings as shop
from django.db import IntegrityError
from django.utils import timezone
from pytest_django import Settings

from accounts.organisations.errors import LastOwner, MembershipOver, NotAnOrganisation, NotAnOwner, TooManyOrganisations, TooManyRoleChanges
from accounts.organisations.models import Invitation, Membership, Role
from accounts.organisations.selectors import account_ids_of, organisations_of
from accounts.organisations.services import organisations
from accounts.organisations.services.organisations import appoint_owner, change_role, found_organisation, leave_organisation, remove_member
from accounts.people.errors import EmailNotVerified, HandleReserved, HandleTaken
from accounts.people.models import Account, User
from accounts.robots.services import create_robot, replace_robot, revoke_robot
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from common.errors import DomainError
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import (
    AccessTokenFactory,
    InvitationFactory,
    MembershipFactory,
    OrganisationFactory,
    RobotFactory,
    UserFactory,
)
from tests.support.credentials import find_credential

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Account:
    return OrganisationFactory(name="Acme & Co", handle="acme")


@pytest.fixture
def owner(acme: Account) -> User:
    user: User = MembershipFactory(account=acme, user__username="olga").user
    return user


def _state() -> list[object]:
    return [
        list(Account.objects.order_by("pk").values()),
        list(Membership.objects.order_by("pk").values()),
        list(Invitation.objects.order_by("pk").values()),
        AuditEvent.objects.count(),
        OutgoingMail.objects.count(),
    ]


def _refused(error: type[DomainError], act: Callable[[], object]) -> None:
    """Assert that the act is refused and that nothing is changed, written down or mailed."""
    before = _state()
    with pytest.raises(error):
        act()
    assert _state() == before


def _trail() -> list[tuple[str, str | None, str]]:
    return list(AuditEvent.objects.order_by("at").values_list("action", "actor__username", "reason"))


def _mails() -> list[tuple[str, str]]:
    return list(OutgoingMail.objects.order_by("to", "subject").values_list("to", "subject"))


def test_who_founds_an_organisation_is_its_owner_and_that_is_written_down() -> None:
    user = UserFactory(username="olga")

    founded = found_organisation(user=user, name="Acme & Co", handle="acme")

    assert (founded.kind, founded.name, founded.handle, founded.user) == ("organisation", "Acme & Co", "acme", None)
    assert list(Membership.objects.values_list("account", "user", "role")) == [(founded.pk, user.pk, "owner")]
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.target_id, event.details) == (
        "organisation.founded",
        user,
        str(founded.pk),
        {"handle": "acme"},
    )


def test_without_a_verified_address_nobody_founds() -> None:
    user = UserFactory(verified=False)

    _refused(EmailNotVerified, lambda: found_organisation(user=user, name="Acme", handle="acme"))


@pytest.mark.parametrize("handle", ["admin", "ad.min", "layer-store", "me", "team"])
def test_a_handle_that_would_speak_for_the_shop_is_refused(handle: str) -> None:
    user = UserFactory()

    _refused(HandleReserved, lambda: found_organisation(user=user, name="Acme", handle=handle))


def test_a_handle_is_not_given_twice(acme: Account) -> None:
    user = UserFactory()

    _refused(HandleTaken, lambda: found_organisation(user=user, name="Acme", handle="acme"))


def test_an_organisation_is_not_called_like_a_person() -> None:
    user = UserFactory(username="mira-k")

    _refused(HandleTaken, lambda: found_organisation(user=user, name="Mira", handle="mira-k"))


def test_a_person_is_not_called_like_an_organisation(acme: Account) -> None:
    with pytest.raises(IntegrityError, match="accounts_account_handle_key"):
        UserFactory(username="acme")


def test_one_founds_so_many_organisations_and_no_more(settings: Settings) -> None:
    settings.LAYERSTORE_ORGANISATIONS_PER_USER = 2
    user = UserFactory()
    MembershipFactory(user=user, role=Role.MEMBER)
    MembershipFactory(user=user, role=Role.BILLING)
    first, _ = MembershipFactory.create_batch(2, user=user)

    _refused(TooManyOrganisations, lambda: found_organisation(user=user, name="Acme", handle="acme"))

    first.delete()
    assert found_organisation(user=user, name="Acme", handle="acme").handle == "acme"


def test_an_owner_changes_a_role_and_the_member_is_told(acme: Account, owner: User) -> None:
    membership = MembershipFactory(account=acme, user__username="mira", user__email="mira@example.test", role=Role.MEMBER)

    held = change_role(membership=membership, role=Role.BILLING, actor=owner)

    membership.refresh_from_db()
    assert (held, membership.role) == (membership, "billing")
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.target_id) == ("membership.role_changed", owner, str(acme.pk))
    assert event.details == {"member": "mira", "role": "billing", "before": "member"}
    assert _mails() == [("mira@example.test", "Your role in Acme & Co is now Billing")]
    mail = OutgoingMail.objects.get()
    assert "olga gave you a new role" in mail.body_text
    assert f"{shop.LAYERSTORE_PUBLIC_URL}/account/organisations/acme/" in mail.body_text


def test_a_role_that_is_held_already_changes_nothing(acme: Account, owner: User) -> None:
    membership = MembershipFactory(account=acme, role=Role.MEMBER)
    before = _state()

    change_role(membership=membership, role=Role.MEMBER, actor=owner)

    assert _state() == before


def test_so_many_roles_change_in_a_day_and_no_more(acme: Account, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(organisations, "ROLE_CHANGES_A_DAY", 2)
    membership = MembershipFactory(account=acme, role=Role.MEMBER)
    elsewhere = MembershipFactory(account=MembershipFactory(user=owner).account, role=Role.MEMBER)
    for one, role in ((elsewhere, Role.BILLING), (membership, Role.BILLING), (membership, Role.MEMBER)):
        change_role(membership=one, role=role, actor=owner)

    _refused(TooManyRoleChanges, lambda: change_role(membership=membership, role=Role.BILLING, actor=owner))
    change_role(membership=membership, role=Role.MEMBER, actor=owner)  # what they are already
    appoint_owner(organisation=acme, user=UserFactory(), reason="x", actor=UserFactory(staff=True))

    AuditEvent.objects.filter(target_id=str(acme.pk)).update(at=timezone.now() - timedelta(days=1))
    assert change_role(membership=membership, role=Role.BILLING, actor=owner).role == "billing"


def test_removing_and_leaving_are_not_held_up_by_the_rate_limit(acme: Account, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(organisations, "ROLE_CHANGES_A_DAY", 0)

    remove_member(membership=MembershipFactory(account=acme), actor=owner)
    leave_organisation(organisation=acme, user=MembershipFactory(account=acme).user)

    assert [one.user for one in Membership.objects.all()] == [owner]


def test_another_owner_is_told_to_the_owners_there_are(acme: Account, owner: User) -> None:
    MembershipFactory(account=acme, user__email="second@example.test")
    MembershipFactory(account=acme, user__email="gone@example.test", user__is_active=False)
    membership = MembershipFactory(account=acme, user__username="mira", user__email="mira@example.test", role=Role.MEMBER)

    change_role(membership=membership, role=Role.OWNER, actor=owner)

    assert _mails() == [
        ("mira@example.test", "Your role in Acme & Co is now Owner"),
        ("second@example.test", "mira is now an owner of Acme & Co"),
    ]


@pytest.mark.parametrize("role", [Role.MEMBER, Role.BILLING, None])
def test_only_owners_decide_who_belongs(acme: Account, owner: User, role: Role | None) -> None:
    actor = MembershipFactory(account=acme, role=role).user if role else UserFactory(staff=True)
    MembershipFactory(user=actor)  # an owner elsewhere
    membership = MembershipFactory(account=acme, role=Role.MEMBER)

    _refused(NotAnOwner, lambda: change_role(membership=membership, role=Role.OWNER, actor=actor))
    _refused(NotAnOwner, lambda: remove_member(membership=membership, actor=actor))


def test_the_last_owner_neither_leaves_nor_is_removed_nor_loses_the_role(acme: Account, owner: User) -> None:
    own = Membership.objects.get(user=owner)
    MembershipFactory(account=acme, role=Role.BILLING)
    MembershipFactory(account=acme, user__is_active=False)  # whom staff has disabled cannot act
    MembershipFactory()  # an owner elsewhere
    staff = UserFactory(staff=True)

    _refused(LastOwner, lambda: leave_organisation(organisation=acme, user=owner))
    _refused(LastOwner, lambda: remove_member(membership=own, actor=owner))
    _refused(LastOwner, lambda: remove_member(membership=own, actor=staff, reason="asked by post"))
    for role in (Role.MEMBER, Role.BILLING):
        _refused(LastOwner, partial(change_role, membership=own, role=role, actor=owner))


def test_an_owner_leaves_when_there_is_another(acme: Account, owner: User) -> None:
    other = MembershipFactory(account=acme).user

    leave_organisation(organisation=acme, user=owner)

    assert list(Membership.objects.values_list("user", flat=True)) == [other.pk]
    assert _trail() == [("membership.left", "olga", "")]
    assert _mails() == []


def test_who_is_removed_is_told_and_pulls_no_more_while_robots_and_purchases_stay(acme: Account, owner: User) -> None:
    membership = MembershipFactory(account=acme, user__username="mira", user__email="mira@example.test", role=Role.MEMBER)
    user, robot = membership.user, RobotFactory(organisation=acme)
    token = AccessTokenFactory(user=user)
    assert account_ids_of(user) == (user.account.pk, acme.pk)

    remove_member(membership=membership, actor=owner)

    credential = find_credential(token.secret)
    assert credential is not None
    assert credential.account_ids == (user.account.pk,) == account_ids_of(user)
    assert find_credential(robot.secret) is not None
    assert _trail() == [("membership.removed", "olga", "")]
    assert _mails() == [("mira@example.test", "You no longer belong to Acme & Co")]
    assert "at most 6 more minutes" in OutgoingMail.objects.get().body_text


def test_who_never_pulled_is_told_nothing_of_pulling(acme: Account, owner: User) -> None:
    remove_member(membership=MembershipFactory(account=acme, role=Role.BILLING), actor=owner)

    assert "minutes" not in OutgoingMail.objects.get().body_text


def test_staff_removes_somebody_with_a_reason(acme: Account, owner: User) -> None:
    membership = MembershipFactory(account=acme, role=Role.MEMBER)

    remove_member(membership=membership, actor=UserFactory(staff=True, username="ines"), reason="court order")

    assert _trail() == [("membership.removed", "ines", "court order")]


def test_a_membership_that_is_over_is_not_changed(acme: Account, owner: User) -> None:
    membership = MembershipFactory(account=acme, role=Role.MEMBER)
    stranger = membership.user
    Membership.objects.filter(pk=membership.pk).delete()

    _refused(MembershipOver, lambda: change_role(membership=membership, role=Role.OWNER, actor=owner))
    _refused(MembershipOver, lambda: remove_member(membership=membership, actor=owner))
    _refused(MembershipOver, lambda: leave_organisation(organisation=acme, user=stranger))


_STEPS_DOWN = pytest.mark.parametrize(
    "step_down",
    [
        lambda acme, other: change_role(
            membership=Membership.objects.get(account=acme, user=other), role=Role.MEMBER, actor=_first_owner()
        ),
        lambda acme, other: remove_member(membership=Membership.objects.get(account=acme, user=other), actor=_first_owner()),
        lambda acme, other: leave_organisation(organisation=acme, user=other),
    ],
    ids=["loses the role", "is removed", "leaves"],
)


@_STEPS_DOWN
def test_invitations_of_an_owner_end_with_the_role(acme: Account, owner: User, step_down: Callable[[Account, User], object]) -> None:
    other = MembershipFactory(account=acme).user
    own = InvitationFactory(account=acme, invited_by=other, role=Role.OWNER)
    kept = [InvitationFactory(account=acme, invited_by=owner), InvitationFactory(invited_by=other)]

    step_down(acme, other)

    own.refresh_from_db()
    assert own.withdrawn_at is not None
    assert not Invitation.objects.filter(pk__in=[one.pk for one in kept], withdrawn_at__isnull=False).exists()


@_STEPS_DOWN
def test_the_owners_left_are_told_whose_robots_secrets_went_along(
    acme: Account, owner: User, step_down: Callable[[Account, User], object]
) -> None:
    mira = MembershipFactory(account=acme, user__username="mira").user
    third = MembershipFactory(account=acme).user
    MembershipFactory(account=acme, role=Role.MEMBER)
    MembershipFactory(account=acme, user__is_active=False)
    made = create_robot(organisation=acme, actor=mira, name="made").token
    old = create_robot(organisation=acme, actor=owner, name="replaced").token
    new = replace_robot(robot=old, actor=mira, overlap=timedelta()).token
    create_robot(organisation=acme, actor=owner, name="by-olga")
    revoke_robot(robot=create_robot(organisation=acme, actor=mira, name="revoked").token, actor=mira)
    create_robot(organisation=MembershipFactory(user=mira).account, actor=mira, name="elsewhere")

    step_down(acme, mira)

    subject = "mira may still know robot secrets of Acme & Co"
    mails = OutgoingMail.objects.filter(subject=subject)
    assert sorted(mail.to for mail in mails) == sorted([owner.email, third.email])
    for mail in mails:
        said = [line for line in mail.body_text.splitlines() if "lsp_" in line]
        assert said == [f"acme+made (lsp_…{made.hint})", f"acme+replaced (lsp_…{new.hint})"]
        assert f"{shop.LAYERSTORE_PUBLIC_URL}/account/organisations/acme/robots/" in mail.body_text


def test_who_stepped_down_before_is_told_of_again_only_when_they_go(acme: Account, owner: User) -> None:
    held = MembershipFactory(account=acme)
    create_robot(organisation=acme, actor=held.user, name="ci")
    told = OutgoingMail.objects.filter(subject__contains="robot secrets")
    for role, mails in ((Role.MEMBER, 1), (Role.BILLING, 1)):
        change_role(membership=held, role=role, actor=owner)
        assert told.count() == mails

    remove_member(membership=held, actor=owner)

    assert list(told.values_list("to", flat=True)) == [owner.email] * 2


@_STEPS_DOWN
def test_nobody_is_told_of_robots_that_somebody_else_made(acme: Account, owner: User, step_down: Callable[[Account, User], object]) -> None:
    other = MembershipFactory(account=acme).user
    create_robot(organisation=acme, actor=owner, name="ci")

    step_down(acme, other)

    assert not OutgoingMail.objects.filter(subject__contains="secrets").exists()


def _first_owner() -> User:
    return User.objects.get(username="olga")


def test_staff_makes_an_owner_of_somebody_from_outside(acme: Account) -> None:
    gone = MembershipFactory(account=acme, user__is_active=False)
    heir, staff = UserFactory(username="heir", email="Heir@example.test"), UserFactory(staff=True, username="ines")
    invitation = InvitationFactory(account=acme, email="heir@example.test")

    held = appoint_owner(organisation=acme, user=heir, reason="letter of the managing director", actor=staff)

    assert (held.account, held.user, held.role) == (acme, heir, Role.OWNER)
    assert list(organisations_of(heir)) == [acme]
    assert Membership.objects.filter(pk=gone.pk).exists()
    assert _trail() == [("membership.role_changed", "ines", "letter of the managing director")]
    assert AuditEvent.objects.get().details == {"member": "heir", "role": "owner", "before": ""}
    invitation.refresh_from_db()
    assert invitation.withdrawn_at is not None
    assert "The staff of Layerstore gave you a new role" in OutgoingMail.objects.get(to="Heir@example.test").body_text


def test_staff_makes_an_owner_of_a_member_and_the_owners_are_told(acme: Account, owner: User) -> None:
    membership = MembershipFactory(account=acme, user__username="mira", role=Role.BILLING)

    appoint_owner(organisation=acme, user=membership.user, reason="x", actor=UserFactory(staff=True))

    membership.refresh_from_db()
    assert membership.role == "owner"
    assert "The staff of Layerstore made mira an owner" in OutgoingMail.objects.get(to=owner.email).body_text


def test_an_owner_is_not_appointed_twice(acme: Account, owner: User) -> None:
    before = _state()

    appoint_owner(organisation=acme, user=owner, reason="x", actor=UserFactory(staff=True, username="ines"))

    assert _state()[1:] == before[1:]


def test_an_owner_is_appointed_with_a_reason_and_to_an_organisation_alone(acme: Account) -> None:
    user, staff = UserFactory(), UserFactory(staff=True)

    _refused(ReasonMissing, lambda: appoint_owner(organisation=acme, user=user, reason=" ", actor=staff))
    _refused(NotAnOrganisation, lambda: appoint_owner(organisation=user.account, user=user, reason="x", actor=staff))


def test_every_role_says_what_it_means() -> None:
    for role in Role:
        membership = MembershipFactory(role=role)
        assert membership.meaning == role.meaning
        assert role.meaning.endswith(".")
    assert [role for role in Role if role.pulls] == [Role.OWNER, Role.EDITOR, Role.MEMBER]
    assert timezone.now() > membership.created_at
