"""An organisation is closed for good: nobody acts for it any more, and what others have of it stays."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.organisations.errors import NotAnOrganisation, NotAnOwner, OrganisationClosed
from accounts.organisations.models import Invitation, Membership, Role
from accounts.organisations.services.organisations import appoint_owner
from accounts.people.models import Account
from accounts.privacy.errors import AccountHasObligations
from accounts.privacy.services.closing import close_organisation
from accounts.tokens.models import AccessToken
from audit.models import AuditEvent
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.policy import Action, Subject, allowed_actions
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import (
    PASSWORD,
    InvitationFactory,
    MembershipFactory,
    OrganisationFactory,
    OrganisationSellerFactory,
    RobotFactory,
    UserFactory,
)
from tests.factories.billing import OrderFactory
from tests.factories.marketplace import EntitlementFactory, NamespaceFactory, ProductFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Account:
    account: Account = OrganisationSellerFactory(account=OrganisationFactory(handle="acme", name="Acme")).account
    return account


@pytest.fixture
def owner(acme: Account) -> Membership:
    return MembershipFactory(account=acme)


def test_members_robots_invitations_and_library_end_and_buyers_keep_theirs(acme: Account, owner: Membership) -> None:
    member = MembershipFactory(account=acme, role=Role.MEMBER).user
    RobotFactory(organisation=acme)
    InvitationFactory(account=acme)
    held = EntitlementFactory(holder=acme)
    sold = ProductFactory(namespace=NamespaceFactory(owner=acme), state=Product.State.WITHDRAWN).images.get()
    buyer = EntitlementFactory(image=sold).holder.user

    close_organisation(organisation=acme, actor=owner.user)

    acme.refresh_from_db()
    assert acme.closed_at is not None
    assert not Membership.objects.exists()
    assert AccessToken.objects.get().revoked_at is not None
    assert Invitation.objects.get().withdrawn_at is not None
    assert Entitlement.objects.get(pk=held.pk).revocation_reason == "The organisation was closed."
    assert allowed_actions(subject=Subject.of(buyer), repositories=[sold.repository]) == {sold.repository: {Action.PULL}}
    assert allowed_actions(subject=Subject.of(owner.user), repositories=[sold.repository]) == {sold.repository: frozenset()}
    event = AuditEvent.objects.get(action="organisation.closed")
    assert (event.actor, event.target_id, event.details) == (owner.user, str(acme.pk), {"members": 2})
    assert {mail.to for mail in OutgoingMail.objects.all()} == {owner.user.email, member.email}


def test_it_stays_closed(acme: Account, owner: Membership) -> None:
    close_organisation(organisation=acme, actor=owner.user)

    with pytest.raises(OrganisationClosed):
        close_organisation(organisation=acme, actor=owner.user)
    with pytest.raises(OrganisationClosed):
        appoint_owner(organisation=acme, user=owner.user, reason="They asked.", actor=UserFactory(staff=True))
    assert not Membership.objects.exists()


def test_what_is_on_sale_and_money_under_way_stand_against_it(acme: Account, owner: Membership) -> None:
    product = ProductFactory(namespace=NamespaceFactory(owner=acme))
    order = OrderFactory(buyer=acme, placed_by=owner.user)

    with pytest.raises(AccountHasObligations) as refused:
        close_organisation(organisation=acme, actor=owner.user)

    assert product.title in refused.value.message
    assert order.number in refused.value.message
    assert Account.objects.get(pk=acme.pk).closed_at is None
    assert Membership.objects.get() == owner


@pytest.mark.parametrize("role", [Role.EDITOR, Role.MEMBER, Role.BILLING])
def test_only_owners_close_it_or_staff_with_a_reason(acme: Account, owner: Membership, role: Role) -> None:
    other = MembershipFactory(account=acme, role=role).user

    with pytest.raises(NotAnOwner):
        close_organisation(organisation=acme, actor=other)
    with pytest.raises(NotAnOrganisation):
        close_organisation(organisation=other.account, actor=other)
    assert Account.objects.get(pk=acme.pk).closed_at is None

    close_organisation(organisation=acme, actor=UserFactory(staff=True), reason="Fraud.")
    assert Account.objects.get(pk=acme.pk).closed_at is not None


def test_the_page_asks_for_a_fresh_login_and_the_handle(acme: Account, owner: Membership) -> None:
    client, path = Client(), reverse("accounts:organisation_close", args=["acme"])
    client.force_login(owner.user)

    assert_sound(client.get(path))
    assert client.post(path, {"handle": "other"}).status_code == 400
    assert client.post(path, {"handle": "acme"})["Location"].startswith("/account/reauthenticate/")
    assert Account.objects.get(pk=acme.pk).closed_at is None

    client = Client()
    client.post(reverse("account_login"), {"login": owner.user.email, "password": PASSWORD})
    ProductFactory(namespace=NamespaceFactory(owner=acme))
    refused = client.post(path, {"handle": "acme"})
    assert refused.status_code == 409
    assert b"Still on sale" in refused.content
    Product.objects.update(state=Product.State.WITHDRAWN)
    assert client.post(path, {"handle": "acme"})["Location"] == reverse("accounts:organisations")
    assert Account.objects.get(pk=acme.pk).closed_at is not None
