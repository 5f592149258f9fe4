"""An organisation gets another name, and its shop with it."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.organisations.errors import NotAnOwner, TooManyNames
from accounts.organisations.models import Role
from accounts.people.models import Account
from accounts.sellers.models import SellerProfile
from accounts.sellers.services.renaming import NAMES_A_DAY, rename_organisation
from audit.models import AuditEvent
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import MembershipFactory, OrganisationFactory, OrganisationSellerFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Account:
    account: Account = OrganisationSellerFactory(account=OrganisationFactory(handle="acme", name="Acme"), display_name="Acme").account
    return account


def test_its_shop_shows_the_new_name_and_the_other_owners_are_told(acme: Account) -> None:
    actor, other = MembershipFactory.create_batch(2, account=acme)
    MembershipFactory(account=acme, role=Role.MEMBER)

    rename_organisation(organisation=acme, name="Acme & Sons", actor=actor.user)
    rename_organisation(organisation=acme, name="Acme & Sons", actor=actor.user)

    acme.refresh_from_db()
    assert (acme.name, acme.handle, SellerProfile.objects.get().display_name) == ("Acme & Sons", "acme", "Acme & Sons")
    event = AuditEvent.objects.get(action="organisation.renamed")
    assert (event.actor, event.details) == (actor.user, {"before": "Acme", "after": "Acme & Sons"})
    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.subject) == (other.user.email, "Acme is called Acme & Sons now")


def test_only_owners_rename_and_not_all_day(acme: Account) -> None:
    owner, editor = (MembershipFactory(account=acme, role=role).user for role in (Role.OWNER, Role.EDITOR))

    with pytest.raises(NotAnOwner):
        rename_organisation(organisation=acme, name="Mine", actor=editor)
    for number in range(NAMES_A_DAY):
        rename_organisation(organisation=acme, name=f"Acme {number}", actor=owner)
    with pytest.raises(TooManyNames):
        rename_organisation(organisation=acme, name="Once More", actor=owner)

    assert Account.objects.get(pk=acme.pk).name == f"Acme {NAMES_A_DAY - 1}"


def test_the_page_renames_and_refuses_what_a_new_organisation_may_not_be_called(acme: Account) -> None:
    client, path = Client(), reverse("accounts:organisation_rename", args=["acme"])
    client.force_login(MembershipFactory(account=acme).user)

    assert_sound(client.get(path))
    assert client.post(path, {"name": "Layerstore Help"}).status_code == 400
    assert client.post(path, {"name": "Other"})["Location"] == reverse("accounts:organisation", args=["acme"])
    assert Account.objects.get(pk=acme.pk).name == "Other"
    client.force_login(MembershipFactory(account=acme, role=Role.EDITOR).user)
    assert client.post(path, {"name": "Mine"}).status_code == 404
