import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from pytest_django import Settings

from accounts.organisations.errors import (
    AlreadyAMember,
    InvitationForAnother,
    InvitationOver,
    NotAnOwner,
    OrganisationFull,
    TooManyInvitations,
    TooManyOpenInvitations,
)
from accounts.organisations.models import Invitation, Membership, Role
from accounts.organisations.selectors import find_invitation, open_invitations_to, pending_invitations_of
from accounts.organisations.services import invitations as services
from accounts.organisations.services.invitations import accept_invitation, decline_invitation, invite, withdraw_invitation
from accounts.people.errors import EmailNotVerified
from accounts.people.models import Account, User
from accounts.tokens import secrets
from audit.models import AuditEvent
from common.errors import DomainError
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import InvitationFactory, MembershipFactory, OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db
AGO = timedelta(days=1, minutes=1)


@pytest.fixture
def acme() -> Account:
    return OrganisationFactory(name="Acme & Co", handle="acme")


@pytest.fixture
def owner(acme: Account) -> User:
    user: User = MembershipFactory(account=acme, user__username="olga", user__email="olga@example.test").user
    return user


def _refused(error: type[DomainError], act: Callable[[], object]) -> None:
    """Assert that the act is refused and that nothing is changed, written down or mailed."""
    before = _state()
    with pytest.raises(error):
        act()
    assert _state() == before


def _state() -> list[object]:
    rows = (Membership.objects, Invitation.objects, AuditEvent.objects, OutgoingMail.objects)
    return [list(manager.order_by("pk").values()) for manager in rows]


def _secret_in(mail: OutgoingMail) -> str:
    found = re.search(r"/account/invitations/\?key=(\S+)", mail.body_text)
    assert found is not None
    return found[1]


def test_an_invitation_goes_out_by_mail_and_only_a_keyed_hash_of_its_secret_is_kept(acme: Account, owner: User) -> None:
    invitation = invite(organisation=acme, email=" Mira@Example.test ", role=Role.BILLING, actor=owner)

    mail, row = OutgoingMail.objects.get(), Invitation.objects.get()
    secret = _secret_in(mail)
    assert (mail.to, mail.subject) == ("mira@example.test", "olga invites you to acme on Layerstore")
    assert "Acme & Co" in mail.body_text
    assert "Billing: Buys for it" in mail.body_text
    assert secret in mail.body_html
    assert find_invitation(secret) == invitation == row
    assert (row.account, row.email, row.role, row.invited_by) == (acme, "mira@example.test", "billing", owner)
    assert abs(row.expires_at - timezone.now() - timedelta(days=7)) < timedelta(minutes=1)
    assert row.secret_hash == secrets.secret_hash(secret)
    assert secret not in "".join(str(value) for value in vars(row).values())
    assert secret not in mail.key + mail.subject
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.target_id) == ("invitation.sent", owner, str(row.pk))
    assert event.details == {"organisation": "acme", "role": "billing"}


def test_a_link_is_found_under_an_older_key_too(acme: Account, owner: User, settings: Settings) -> None:
    invitation = invite(organisation=acme, email="mira@example.test", role=Role.MEMBER, actor=owner)
    settings.LAYERSTORE_TOKEN_KEYS = ["a new key", *settings.LAYERSTORE_TOKEN_KEYS]

    assert find_invitation(_secret_in(OutgoingMail.objects.get())) == invitation


@pytest.mark.parametrize("secret", ["", "lsi_", "lsi_" + "A" * 42, "lsi_" + "A" * 44, "lsp_" + "A" * 43, "lsi_" + "\0" * 43, "ä" * 47])
def test_what_has_not_the_form_of_a_secret_asks_no_database(secret: str, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert find_invitation(secret) is None


def test_a_secret_that_nobody_was_sent_finds_nothing() -> None:
    assert find_invitation(secrets.new_invitation_secret()) is None


def test_inviting_again_makes_a_new_link_and_ends_the_old_one(acme: Account, owner: User) -> None:
    first = invite(organisation=acme, email="mira@example.test", role=Role.MEMBER, actor=owner)

    second = invite(organisation=acme, email="MIRA@example.test", role=Role.OWNER, actor=owner)

    first.refresh_from_db()
    assert first.withdrawn_at is not None
    assert list(pending_invitations_of(acme)) == [second]
    assert len({_secret_in(mail) for mail in OutgoingMail.objects.all()}) == 2


def test_who_is_no_owner_invites_nobody(acme: Account, owner: User) -> None:
    for actor in (MembershipFactory(account=acme, role=Role.MEMBER).user, MembershipFactory(account=acme, role=Role.BILLING).user):
        _refused(NotAnOwner, partial(invite, organisation=acme, email="a@example.test", role=Role.MEMBER, actor=actor))
    stranger = UserFactory(staff=True)
    _refused(NotAnOwner, lambda: invite(organisation=acme, email="a@example.test", role=Role.MEMBER, actor=stranger))


def test_an_owner_without_a_verified_address_invites_nobody(acme: Account) -> None:
    actor = MembershipFactory(account=acme, user=UserFactory(verified=False)).user

    _refused(EmailNotVerified, lambda: invite(organisation=acme, email="a@example.test", role=Role.MEMBER, actor=actor))


def test_who_belongs_already_is_not_invited(acme: Account, owner: User) -> None:
    MembershipFactory(account=acme, user__email="Mira@example.test", role=Role.BILLING)

    _refused(AlreadyAMember, lambda: invite(organisation=acme, email="mira@example.test", role=Role.OWNER, actor=owner))


def test_an_address_that_a_member_has_not_confirmed_may_be_invited(acme: Account, owner: User) -> None:
    member = MembershipFactory(account=acme, role=Role.MEMBER).user
    EmailAddress.objects.create(user=member, email="mira@example.test", verified=False)

    assert invite(organisation=acme, email="mira@example.test", role=Role.MEMBER, actor=owner).is_open


def test_a_full_organisation_invites_nobody(acme: Account, owner: User, settings: Settings) -> None:
    settings.LAYERSTORE_MEMBERS_PER_ORGANISATION = 1

    _refused(OrganisationFull, lambda: invite(organisation=acme, email="a@example.test", role=Role.MEMBER, actor=owner))


def test_so_many_invitations_are_open_at_once_and_no_more(acme: Account, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "OPEN_AT_ONCE", 2)
    first, _ = InvitationFactory.create_batch(2, account=acme)
    InvitationFactory(account=acme, expires_at=timezone.now())
    InvitationFactory(account=acme, withdrawn_at=timezone.now())
    InvitationFactory()

    _refused(TooManyOpenInvitations, lambda: invite(organisation=acme, email="a@example.test", role=Role.MEMBER, actor=owner))

    # One of those that are open is replaced, so there is room for it.
    assert invite(organisation=acme, email=first.email, role=Role.MEMBER, actor=owner).is_open
    withdraw_invitation(invitation=first, actor=owner)


def _old(invitation: Invitation) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(created_at=timezone.now() - AGO)


def test_an_organisation_sends_so_much_a_day_and_no_more(acme: Account, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "A_DAY_FROM_ONE", 2)
    first, _ = InvitationFactory.create_batch(2, account=acme, withdrawn_at=timezone.now())

    _refused(TooManyInvitations, lambda: invite(organisation=acme, email="a@example.test", role=Role.MEMBER, actor=owner))

    _old(first)
    assert invite(organisation=acme, email="a@example.test", role=Role.MEMBER, actor=owner).is_open


def test_a_person_sends_so_much_a_day_for_all_their_organisations(acme: Account, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "A_DAY_FROM_ONE", 2)
    first, _ = InvitationFactory.create_batch(2, invited_by=owner)

    _refused(TooManyInvitations, lambda: invite(organisation=acme, email="a@example.test", role=Role.MEMBER, actor=owner))

    _old(first)
    assert invite(organisation=acme, email="a@example.test", role=Role.MEMBER, actor=owner).is_open


def test_an_address_gets_so_much_a_day_whoever_asks(acme: Account, owner: User) -> None:
    first, *_ = [InvitationFactory(email="mira@example.test") for _ in range(services.A_DAY_TO_ONE)]

    _refused(TooManyInvitations, lambda: invite(organisation=acme, email="MIRA@example.test", role=Role.MEMBER, actor=owner))

    _old(first)
    assert invite(organisation=acme, email="mira@example.test", role=Role.MEMBER, actor=owner).is_open


def test_who_accepts_belongs_with_the_role_they_were_asked_for_and_the_owners_are_told(acme: Account, owner: User) -> None:
    MembershipFactory(account=acme, role=Role.MEMBER)
    invitation = InvitationFactory(account=acme, email="mira@example.test", role=Role.BILLING, invited_by=owner)
    user = UserFactory(username="mira", email="Mira@example.test")

    membership = accept_invitation(invitation=invitation, user=user)

    invitation.refresh_from_db()
    assert (membership.account, membership.user, membership.role) == (acme, user, "billing")
    assert (invitation.accepted_by, invitation.is_open) == (user, False)
    assert abs(invitation.accepted_at - timezone.now()) < timedelta(minutes=1)
    event, mail = AuditEvent.objects.get(), OutgoingMail.objects.get()
    assert (event.action, event.actor, event.target_id) == ("invitation.accepted", user, str(invitation.pk))
    assert (mail.to, mail.subject) == ("olga@example.test", "mira has joined Acme & Co")
    assert "mira@example.test" in mail.body_text


def test_an_invited_owner_is_not_told_of_themselves(acme: Account, owner: User) -> None:
    invitation = InvitationFactory(account=acme, email="mira@example.test", role=Role.OWNER)

    accept_invitation(invitation=invitation, user=UserFactory(email="mira@example.test"))

    assert list(OutgoingMail.objects.values_list("to", flat=True)) == ["olga@example.test"]


OVER = [
    pytest.param({"withdrawn_at": timezone.now()}, "withdrawn", id="withdrawn"),
    pytest.param({"expires_at": timezone.now()}, "expired", id="expired"),
    pytest.param({"accepted_at": timezone.now()}, "accepted", id="accepted"),
    pytest.param({"invited_by__is_active": False}, "disabled", id="staff has disabled who sent it"),
]


@pytest.mark.parametrize(("fields", "said"), OVER)
def test_an_invitation_that_is_over_is_neither_accepted_nor_declined(fields: dict[str, object], said: str) -> None:
    user = UserFactory()
    accepted = {"accepted_by": UserFactory()} if "accepted_at" in fields else {}
    invitation = InvitationFactory(email=user.email, **fields, **accepted)
    assert said in invitation.why_over
    assert list(open_invitations_to(user)) == []

    _refused(InvitationOver, lambda: accept_invitation(invitation=invitation, user=user))
    _refused(InvitationOver, lambda: decline_invitation(invitation=invitation, user=user))


def test_accepting_twice_joins_once(acme: Account) -> None:
    user = UserFactory()
    invitation = InvitationFactory(account=acme, email=user.email)
    accept_invitation(invitation=invitation, user=user)

    _refused(InvitationOver, lambda: accept_invitation(invitation=invitation, user=user))


def test_the_link_is_nothing_without_the_address(acme: Account) -> None:
    invitation = InvitationFactory(account=acme, email="mira@example.test", role=Role.OWNER)
    unconfirmed = UserFactory(email="mira@example.test", verified=False)

    for user in (UserFactory(), unconfirmed, UserFactory(staff=True)):
        _refused(InvitationForAnother, partial(accept_invitation, invitation=invitation, user=user))
        assert list(open_invitations_to(user)) == []


def test_who_belongs_already_does_not_accept(acme: Account) -> None:
    member = MembershipFactory(account=acme, role=Role.MEMBER).user
    invitation = InvitationFactory(account=acme, email=member.email, role=Role.OWNER)

    _refused(AlreadyAMember, lambda: accept_invitation(invitation=invitation, user=member))


def test_a_full_organisation_takes_nobody_in(acme: Account, owner: User, settings: Settings) -> None:
    settings.LAYERSTORE_MEMBERS_PER_ORGANISATION = 1
    user = UserFactory()
    invitation = InvitationFactory(account=acme, email=user.email)

    _refused(OrganisationFull, lambda: accept_invitation(invitation=invitation, user=user))


@pytest.mark.parametrize("signed_in", [True, False])
def test_who_declines_does_not_belong_and_may_be_asked_again(acme: Account, owner: User, signed_in: bool) -> None:  # noqa: FBT001  a row
    user = UserFactory()
    invitation = InvitationFactory(account=acme, email=user.email)

    decline_invitation(invitation=invitation, user=user if signed_in else None)

    invitation.refresh_from_db()
    assert not invitation.is_open
    assert not Membership.objects.filter(user=user).exists()
    event = AuditEvent.objects.get()
    assert (event.action, event.actor) == ("invitation.declined", user if signed_in else None)
    assert invite(organisation=acme, email=user.email, role=Role.MEMBER, actor=owner).is_open


def test_a_withdrawn_invitation_is_over_and_withdrawing_again_changes_nothing(acme: Account, owner: User) -> None:
    invitation = InvitationFactory(account=acme)

    withdraw_invitation(invitation=invitation, actor=owner)
    after = _state()
    withdraw_invitation(invitation=invitation, actor=owner)

    invitation.refresh_from_db()
    assert not invitation.is_open
    assert _state() == after
    assert AuditEvent.objects.get().action == "invitation.withdrawn"


def test_only_owners_and_staff_with_a_reason_withdraw(acme: Account, owner: User) -> None:
    invitation, staff = InvitationFactory(account=acme), UserFactory(staff=True)
    for actor in (MembershipFactory(account=acme, role=Role.MEMBER).user, UserFactory(), staff):
        _refused(NotAnOwner, partial(withdraw_invitation, invitation=invitation, actor=actor))

    withdraw_invitation(invitation=invitation, actor=staff, reason="sent to a list")

    event = AuditEvent.objects.get()
    assert (event.actor, event.reason) == (staff, "sent to a list")


def test_the_invited_person_sees_what_is_open_for_them(acme: Account) -> None:
    user = UserFactory(email="Mira@example.test")
    invitation = InvitationFactory(account=acme, email="mira@example.test")
    InvitationFactory(account=acme)

    assert list(open_invitations_to(user)) == [invitation]


class SecretsOfAnyKind(TestCase):
    """Whatever somebody sends as a secret, no query fails and nothing is found but the invitation it was made for."""

    @given(st.text() | st.from_regex(r"lsi_[0-9A-Za-z_-]{43}\n?", fullmatch=True))
    def test_nonsense_finds_nothing(self, text: str) -> None:
        assert find_invitation(text) is None
