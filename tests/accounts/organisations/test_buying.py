"""Whom somebody buys for, and that this holds still while something is bought."""

import pytest
from django.db import connection, transaction

from accounts.organisations.buying import addresses_of_buyers, buyer_named, buyers_of, buys_for, keep_buyer, require_buyer
from accounts.organisations.errors import NoSuchOrganisation, RoleDoesNotBuy
from accounts.organisations.models import Membership, Role
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.support.threads import run_in_threads

pytestmark = pytest.mark.django_db


def test_by_their_own_handle_or_none_somebody_buys_for_themselves() -> None:
    user = UserFactory(username="mira")

    assert buyer_named(user, "") == buyer_named(user, "mira") == user.account
    assert buyers_of(user) == [user.account]
    require_buyer(user, user.account)
    with transaction.atomic():
        keep_buyer(user=user, account=user.account)


@pytest.mark.parametrize("role", [Role.OWNER, Role.BILLING])
def test_owners_and_billing_people_buy_for_their_organisation(role: Role) -> None:
    membership = MembershipFactory(account__handle="acme", role=role)

    assert buyer_named(membership.user, "acme") == membership.account
    assert buyers_of(membership.user) == [membership.user.account, membership.account]
    assert buys_for(membership.user.pk, membership.account)
    require_buyer(membership.user, membership.account)
    with transaction.atomic():
        keep_buyer(user=membership.user, account=membership.account)


def test_a_member_is_told_who_buys() -> None:
    membership = MembershipFactory(account__handle="acme", account__name="Acme", role=Role.MEMBER)

    assert buyers_of(membership.user) == [membership.user.account]
    assert not buys_for(membership.user.pk, membership.account)
    for ask in (lambda: buyer_named(membership.user, "acme"), lambda: require_buyer(membership.user, membership.account)):
        with pytest.raises(RoleDoesNotBuy, match="Owners and billing people buy for Acme"):
            ask()
    with transaction.atomic(), pytest.raises(RoleDoesNotBuy):
        keep_buyer(user=membership.user, account=membership.account)


def test_an_organisation_of_others_and_one_that_is_not_there_are_the_same() -> None:
    user, other = UserFactory(), OrganisationFactory(handle="others")

    for handle in ("others", "nobody", "x" * 300, "\x00", "\ud800"):
        with pytest.raises(NoSuchOrganisation):
            buyer_named(user, handle)
    with pytest.raises(NoSuchOrganisation):
        require_buyer(user, other)
    with transaction.atomic(), pytest.raises(NoSuchOrganisation):
        keep_buyer(user=user, account=other)


def test_owners_and_billing_people_read_of_purchases_once_each() -> None:
    acme = OrganisationFactory()
    for number, role in enumerate((Role.OWNER, Role.BILLING, Role.MEMBER, Role.OWNER)):
        MembershipFactory(account=acme, role=role, user=UserFactory(email=f"{number}@example.test", is_active=number != 3))
    MembershipFactory()

    assert addresses_of_buyers(acme) == ["0@example.test", "1@example.test"]
    assert addresses_of_buyers(acme, besides=["0@EXAMPLE.test"]) == ["1@example.test"]
    assert addresses_of_buyers(UserFactory().account) == []


@pytest.mark.django_db(transaction=True)
def test_nobody_is_removed_while_they_buy() -> None:
    membership = MembershipFactory()

    def remove() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
            Membership.objects.all().delete()

    with transaction.atomic():
        keep_buyer(user=membership.user, account=membership.account)
        (refused,) = run_in_threads(1, remove)
    assert "lock timeout" in str(refused)
    assert run_in_threads(1, remove) == [None]
    assert not Membership.objects.exists()
