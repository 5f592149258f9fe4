"""Accounts whose address nobody confirms end, and nobody else's do."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.utils import timezone

from accounts.people.models import Account, User
from accounts.privacy import tasks
from accounts.privacy.services.unverified import forget_unverified_accounts
from audit.services import record_audit
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.marketplace import NamespaceFactory

pytestmark = pytest.mark.django_db
OLD = settings.LAYERSTORE_UNVERIFIED_ACCOUNTS_KEPT + timedelta(minutes=1)


def unverified(**fields: object) -> User:
    made: User = UserFactory(verified=False, **{"date_joined": timezone.now() - OLD, **fields})
    return made


def test_an_account_that_nobody_confirmed_ends_and_its_name_is_free():
    user = unverified()

    assert tasks.forget_unverified_accounts() == 1

    assert not User.objects.exists()
    assert not Account.objects.exists()
    assert not EmailAddress.objects.exists()
    UserFactory(username=user.username)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"date_joined": timezone.now()}, id="new"),
        pytest.param({"last_login": timezone.now()}, id="signed in once"),
        pytest.param({"is_staff": True}, id="staff"),
        pytest.param({"deleted_at": timezone.now()}, id="a row that stays for others"),
    ],
)
def test_other_accounts_stay(fields):
    unverified(**fields)

    assert forget_unverified_accounts(now=timezone.now()) == 0
    assert User.objects.count() == 1


def test_a_confirmed_address_keeps_the_account():
    EmailAddress.objects.filter(user=unverified()).update(verified=True)

    assert forget_unverified_accounts(now=timezone.now()) == 0
    assert User.objects.count() == 1


def test_an_account_that_something_refers_to_stays_and_holds_up_no_other():
    actor, owner = unverified(), NamespaceFactory().owner.user
    record_audit(actor=actor, action="image.reserved", target=actor)
    User.objects.filter(pk=owner.pk).update(date_joined=timezone.now() - OLD)
    EmailAddress.objects.filter(user=owner).update(verified=False)
    unverified()

    assert forget_unverified_accounts(now=timezone.now()) == 1
    assert set(User.objects.values_list("pk", flat=True)) == {actor.pk, owner.pk}
    assert {actor.account.user, owner.account.user} == {actor, owner}


def test_any_number_of_accounts_that_something_refers_to_holds_up_no_other(monkeypatch):
    monkeypatch.setattr("accounts.privacy.services.unverified._AT_ONCE", 1)
    older = {"date_joined": timezone.now() - OLD - timedelta(days=1)}
    record_audit(actor=unverified(**older), action="image.reserved", target=unverified(**older))
    NamespaceFactory(owner=unverified(**older).account)
    MembershipFactory(user=unverified(**older))
    last = unverified()
    User.objects.filter(pk=last.pk).update(date_joined=timezone.now() - OLD)

    runs = [forget_unverified_accounts(now=timezone.now()) for _ in range(3)]

    assert runs == [1, 1, 0]  # the target of an act is not referred to
    assert not User.objects.filter(pk=last.pk).exists()
    assert User.objects.filter(date_joined=older["date_joined"]).count() == 3


def test_a_reference_made_just_before_keeps_the_account(monkeypatch):
    user = unverified()
    monkeypatch.setattr(
        "accounts.privacy.services.unverified.lock_addresses", lambda **_: record_audit(actor=user, action="image.reserved", target=user)
    )

    assert forget_unverified_accounts(now=timezone.now()) == 0
    assert User.objects.get() == user


def test_an_address_confirmed_just_before_keeps_the_account(monkeypatch):
    user = unverified()
    monkeypatch.setattr("accounts.privacy.services.unverified.lock_addresses", lambda **_: user.emailaddress_set.update(verified=True))

    assert forget_unverified_accounts(now=timezone.now()) == 0
    assert User.objects.get() == user
