"""An organisation, and who does what in it."""

import pytest

from accounts.organisations.models import Role
from accounts.people.models import Account, User
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory


@pytest.fixture
def acme(transactional_db: None) -> Account:
    return OrganisationFactory(handle="acme", name="Acme")


@pytest.fixture
def owner(acme: Account, buyer: User) -> User:
    MembershipFactory(account=acme, user=buyer, role=Role.OWNER)
    return buyer


@pytest.fixture
def clerk(acme: Account) -> User:
    clerk: User = UserFactory(username="clerk")
    MembershipFactory(account=acme, user=clerk, role=Role.BILLING)
    return clerk


@pytest.fixture
def member(acme: Account) -> User:
    member: User = UserFactory(username="member")
    MembershipFactory(account=acme, user=member, role=Role.MEMBER)
    return member
