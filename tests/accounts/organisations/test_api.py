import pytest
from django.test import Client

from accounts.organisations.models import Role
from accounts.people.models import Account
from tests.factories.accounts import AccessTokenFactory, MembershipFactory, OrganisationFactory

pytestmark = pytest.mark.django_db
LIST = "/api/v1/organisations/"


@pytest.fixture
def acme() -> Account:
    return OrganisationFactory(handle="acme", name="Acme & Co")


@pytest.fixture
def api(acme: Account) -> Client:
    """A member of the organisation, beside its owner."""
    MembershipFactory(account=acme, user__username="olga")
    member = MembershipFactory(account=acme, user__username="mira", role=Role.BILLING).user
    return Client(headers={"Authorization": f"Bearer {AccessTokenFactory(user=member).secret}"})


def test_the_list_holds_ones_own_organisations_with_ones_role(api: Client, acme: Account) -> None:
    OrganisationFactory()

    assert api.get(LIST).json()["results"] == [{"handle": "acme", "name": "Acme & Co", "role": "billing"}]
    assert api.get(f"{LIST}acme/").json() == {"handle": "acme", "name": "Acme & Co", "role": "billing"}


def test_the_members_are_listed_page_by_page_without_their_addresses(api: Client, acme: Account) -> None:
    MembershipFactory.create_batch(2, account=acme, role=Role.MEMBER)
    MembershipFactory()

    first = api.get(f"{LIST}acme/members/", {"page_size": 3})
    second = api.get(first.json()["next"])

    rows = [*first.json()["results"], *second.json()["results"]]
    assert [(row["username"], row["role"]) for row in rows[2:]] == [("mira", "billing"), ("olga", "owner")]
    assert len(rows) == 4
    assert set(rows[0]) == {"username", "role", "since"}
    assert "@" not in first.content.decode()


def test_the_members_queries_do_not_grow_with_them(api: Client, acme: Account, django_assert_num_queries) -> None:
    MembershipFactory.create_batch(10, account=acme)

    with django_assert_num_queries(3):  # token, own membership, members
        api.get(f"{LIST}acme/members/")


@pytest.mark.parametrize("path", ["elsewhere/", "elsewhere/members/", "Acme/", "a%00b/", "..%2f/members/", "a" * 300 + "/"])
def test_an_organisation_that_one_does_not_belong_to_is_not_there(api: Client, path: str) -> None:
    MembershipFactory(account__handle="elsewhere")

    answer = api.get(f"{LIST}{path}")

    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_is_changed_here(api: Client, method: str) -> None:
    for path in ("", "acme/", "acme/members/"):
        assert getattr(api, method)(f"{LIST}{path}", {}, content_type="application/json").status_code == 405
