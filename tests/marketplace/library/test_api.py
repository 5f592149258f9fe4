import pytest
from rest_framework.test import APIClient

from accounts.organisations.models import Role
from accounts.people.models import Account, User
from marketplace.entitlements.models import Entitlement
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory, FreeProductFactory, PushedImageFactory
from tests.marketplace.conftest import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Account:
    return OrganisationFactory(handle="team", name="Team Blue")


@pytest.fixture
def mira() -> User:
    return UserFactory(username="mira")


@pytest.mark.parametrize(("role", "may_pull", "state"), [(Role.MEMBER, True, "May pull"), (Role.BILLING, False, "Held")])
def test_entries_name_their_holder(team: Account, mira: User, role: Role, state: str, *, may_pull: bool) -> None:
    MembershipFactory(account=team, user=mira, role=role)
    image = PushedImageFactory()
    for holder in (mira.account, team):
        EntitlementFactory(holder=holder, image=image)

    rows = client_of(mira).get("/api/v1/library/").json()

    assert [(row["holder"], row["repository"], row["may_pull"], row["state"]) for row in rows] == [
        ("mira", image.repository, True, "May pull"),
        ("team", image.repository, may_pull, state),
    ]


def test_what_an_organisation_of_others_holds_is_not_listed(team: Account, mira: User) -> None:
    EntitlementFactory(holder=team)

    assert client_of(mira).get("/api/v1/library/").json() == []


def test_a_free_product_is_got_for_the_organisation_or_for_oneself(team: Account, mira: User) -> None:
    MembershipFactory(account=team, user=mira, role=Role.OWNER)
    address = f"/api/v1/products/{FreeProductFactory().pk}/obtain/"

    answers = [client_of(mira).post(address, body, format="json") for body in ({"buyer": "team"}, {}, None)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert {entitlement.holder for entitlement in Entitlement.objects.all()} == {team, mira.account}
    assert Entitlement.objects.count() == 2


@pytest.mark.parametrize(("role", "status"), [(Role.MEMBER, 403), (None, 404)])
def test_who_does_not_buy_for_it_gets_nothing_for_it(team: Account, mira: User, role: Role | None, status: int) -> None:
    if role:
        MembershipFactory(account=team, user=mira, role=role)
    client: APIClient = client_of(mira)

    answer = client.post(f"/api/v1/products/{FreeProductFactory().pk}/obtain/", {"buyer": "team"}, format="json")

    assert answer.status_code == status
    assert not Entitlement.objects.exists()
