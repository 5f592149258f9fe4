"""Founding, joining and leaving organisations, all at the same moment, on the real database."""

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.organisations.errors import (
    AlreadyAMember,
    InvitationOver,
    LastOwner,
    NotAnOwner,
    OrganisationFull,
    TooManyInvitations,
    TooManyOrganisations,
)
from accounts.organisations.models import Invitation, Membership, Role
from accounts.organisations.services import invitations as services
from accounts.organisations.services.invitations import accept_invitation, decline_invitation, invite, withdraw_invitation
from accounts.organisations.services.organisations import appoint_owner, change_role, found_organisation, leave_organisation, remove_member
from accounts.people.errors import HandleTaken
from accounts.people.models import Account
from audit.models import AuditEvent
from common.errors import DomainError
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import PASSWORD, InvitationFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.support.threads import run_in_threads

pytestmark = pytest.mark.django_db(transaction=True)


def _names(outcomes: list[object]) -> list[str]:
    return sorted(type(outcome).__name__ for outcome in outcomes)


def test_one_of_ten_who_want_a_handle_gets_it() -> None:
    users = [UserFactory() for _ in range(10)]

    outcomes = run_in_threads(10, lambda number: found_organisation(user=users[number], name="Acme", handle="acme"))

    assert _names(outcomes) == ["Account"] + ["HandleTaken"] * 9
    assert Membership.objects.get().account == Account.objects.get(handle="acme")
    assert {type(outcome) for outcome in outcomes} == {Account, HandleTaken}


def test_a_name_goes_to_a_person_or_to_an_organisation_never_to_both() -> None:
    founder = UserFactory()

    def act(number: int) -> object:
        if number % 2:
            return found_organisation(user=founder, name="Acme", handle="acme")
        client = Client(headers={"X-Forwarded-For": f"203.0.113.{number}"})
        return client.post("/account/signup/", {"username": "acme", "email": f"a{number}@example.test", "password1": PASSWORD}).status_code

    outcomes = run_in_threads(6, act)

    taken = [outcome for outcome in outcomes if isinstance(outcome, Account) or outcome == 302]
    assert len(taken) == 1
    assert Account.objects.filter(handle="acme").count() == 1
    assert not any(isinstance(outcome, Exception) and not isinstance(outcome, DomainError) for outcome in outcomes)


def test_ten_foundings_at_once_stay_within_what_one_may_found(settings: Settings) -> None:
    settings.LAYERSTORE_ORGANISATIONS_PER_USER = 3
    user = UserFactory()

    outcomes = run_in_threads(10, lambda number: found_organisation(user=user, name="Acme", handle=f"acme-{number}"))

    assert {type(outcome) for outcome in outcomes} == {Account, TooManyOrganisations}
    assert Membership.objects.filter(user=user, role=Role.OWNER).count() == 3


@pytest.mark.parametrize("round_", range(3))
def test_of_two_owners_who_leave_at_once_one_stays(round_: int) -> None:
    organisation = OrganisationFactory()
    owners = [MembershipFactory(account=organisation).user for _ in range(2)]

    outcomes = run_in_threads(2, lambda number: leave_organisation(organisation=organisation, user=owners[number]))

    assert _names(outcomes) == ["LastOwner", "NoneType"]
    assert Membership.objects.get().role == "owner"


@pytest.mark.parametrize("act", ["demote", "remove"])
def test_of_two_owners_who_put_each_other_out_one_stays(act: str) -> None:
    organisation = OrganisationFactory()
    owners = [MembershipFactory(account=organisation) for _ in range(2)]

    def put_out(number: int) -> None:
        other, actor = owners[1 - number], owners[number].user
        if act == "demote":
            change_role(membership=other, role=Role.MEMBER, actor=actor)
        else:
            remove_member(membership=other, actor=actor)

    outcomes = run_in_threads(2, put_out)

    assert sum(isinstance(outcome, NotAnOwner) for outcome in outcomes) == 1
    assert Membership.objects.filter(account=organisation, role=Role.OWNER).count() == 1


def test_whatever_ten_owners_do_to_each_other_somebody_owns_it() -> None:
    organisation = OrganisationFactory()
    owners = [MembershipFactory(account=organisation) for _ in range(10)]

    def act(number: int) -> None:
        own, next_one = owners[number], owners[(number + 1) % 10]
        if number % 3 == 0:
            leave_organisation(organisation=organisation, user=own.user)
        elif number % 3 == 1:
            remove_member(membership=next_one, actor=own.user)
        else:
            change_role(membership=next_one, role=Role.BILLING, actor=own.user)

    outcomes = run_in_threads(10, act)

    assert Membership.objects.filter(account=organisation, role=Role.OWNER).exists()
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception) and not isinstance(outcome, DomainError)]


def test_an_invitation_accepted_ten_times_at_once_is_one_membership() -> None:
    user, invitation = UserFactory(), InvitationFactory()
    Invitation.objects.update(email=user.email)

    outcomes = run_in_threads(10, lambda: accept_invitation(invitation=invitation, user=user))

    assert _names(outcomes) == ["InvitationOver"] * 9 + ["Membership"]
    assert Membership.objects.get().user == user
    assert AuditEvent.objects.filter(action="invitation.accepted").count() == 1


def test_two_invitations_of_one_person_accepted_at_once_are_one_membership() -> None:
    user, organisation = UserFactory(), OrganisationFactory()
    user.emailaddress_set.create(email="second@example.test", verified=True)
    asked = [InvitationFactory(account=organisation, email=email) for email in (user.email, "second@example.test")]

    outcomes = run_in_threads(2, lambda number: accept_invitation(invitation=asked[number], user=user))

    assert {type(outcome) for outcome in outcomes} == {Membership, AlreadyAMember}
    assert Membership.objects.count() == 1


def test_an_invitation_is_accepted_withdrawn_or_declined_and_never_two_of_them() -> None:
    organisation, user = OrganisationFactory(), UserFactory()
    owner = MembershipFactory(account=organisation).user
    invitation = InvitationFactory(account=organisation, email=user.email)

    def act(number: int) -> None:
        if number == 0:
            accept_invitation(invitation=invitation, user=user)
        elif number == 1:
            withdraw_invitation(invitation=invitation, actor=owner)
        else:
            decline_invitation(invitation=invitation, user=user)

    outcomes = run_in_threads(3, act)

    invitation.refresh_from_db()
    assert (invitation.accepted_at is None) != (invitation.withdrawn_at is None)
    assert Membership.objects.filter(user=user).exists() == (invitation.accepted_at is not None)
    assert AuditEvent.objects.count() == 1
    assert {type(outcome) for outcome in outcomes if isinstance(outcome, Exception)} <= {InvitationOver}


def test_the_last_place_is_given_once(settings: Settings) -> None:
    settings.LAYERSTORE_MEMBERS_PER_ORGANISATION = 3
    organisation = OrganisationFactory()
    MembershipFactory(account=organisation)
    users = [UserFactory() for _ in range(6)]
    asked = [InvitationFactory(account=organisation, email=user.email) for user in users]

    outcomes = run_in_threads(6, lambda number: accept_invitation(invitation=asked[number], user=users[number]))

    assert _names(outcomes) == ["Membership"] * 2 + ["OrganisationFull"] * 4
    assert {type(outcome) for outcome in outcomes} == {Membership, OrganisationFull}
    assert organisation.memberships.count() == 3


def test_one_address_invited_ten_times_at_once_has_one_open_invitation_and_few_mails() -> None:
    organisation = OrganisationFactory()
    owners = [MembershipFactory(account=organisation).user for _ in range(10)]

    outcomes = run_in_threads(
        10, lambda number: invite(organisation=organisation, email="a@example.test", role=Role.MEMBER, actor=owners[number])
    )

    assert {type(outcome) for outcome in outcomes} == {Invitation, TooManyInvitations}
    assert Invitation.objects.filter(withdrawn_at=None).count() == 1
    assert OutgoingMail.objects.count() == services.A_DAY_TO_ONE


def test_one_owner_of_many_organisations_sends_no_more_than_one_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "A_DAY_FROM_ONE", 3)
    owner = UserFactory()
    organisations = [MembershipFactory(user=owner).account for _ in range(8)]

    run_in_threads(
        8, lambda number: invite(organisation=organisations[number], email=f"{number}@example.test", role=Role.MEMBER, actor=owner)
    )

    assert Invitation.objects.count() == OutgoingMail.objects.count() == 3


def test_an_owner_appointed_while_the_last_one_leaves_owns_it() -> None:
    organisation, heir, staff = OrganisationFactory(), UserFactory(), UserFactory(staff=True)
    last = MembershipFactory(account=organisation).user

    def act(number: int) -> None:
        if number:
            leave_organisation(organisation=organisation, user=last)
        else:
            appoint_owner(organisation=organisation, user=heir, reason="x", actor=staff)

    outcomes = run_in_threads(2, act)

    assert isinstance(outcomes[1], LastOwner | None)
    assert heir.pk in Membership.objects.filter(role=Role.OWNER).values_list("user", flat=True)
