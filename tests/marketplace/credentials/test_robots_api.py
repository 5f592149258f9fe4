from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.organisations.models import Role
from accounts.people.models import Account, User
from accounts.tokens.models import AccessToken
from marketplace.credentials.models import CredentialImage
from tests.factories.accounts import AccessTokenFactory, MembershipFactory, OrganisationFactory, RobotFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory
from tests.support.credentials import find_credential

pytestmark = pytest.mark.django_db
LIST = "/api/v1/robots/"


@pytest.fixture
def acme() -> Account:
    return OrganisationFactory(handle="acme")


@pytest.fixture
def owner(acme: Account):
    return MembershipFactory(account=acme).user


@pytest.fixture
def api(owner: User) -> APIClient:
    return _client(AccessTokenFactory(user=owner))


def _client(token) -> APIClient:
    return APIClient(headers={"Authorization": f"Bearer {token.secret}"})


def _post(api: APIClient, **body: object):
    return api.post(LIST, {"organisation": "acme", "name": "ci", **body}, format="json")


def test_an_owner_makes_a_robot_and_its_secret_is_answered_once(api: APIClient, acme: Account) -> None:
    held = EntitlementFactory(holder=acme).image

    answer = _post(api, images=[held.repository])

    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    found = find_credential(answer.json()["secret"])
    assert found is not None
    assert (found.username, found.scopes, found.limited) == ("acme+ci", ("registry:pull",), True)
    robot = answer.json()["robot"]
    assert (robot["id"], robot["organisation"], robot["username"], robot["limited_to"]) == (
        str(found.pk),
        "acme",
        "acme+ci",
        held.repository,
    )
    assert CredentialImage.objects.get().image == held
    assert "secret" not in api.get(f"{LIST}{found.pk}/").json()


def test_the_list_holds_the_robots_that_one_manages(api: APIClient, owner: User, acme: Account) -> None:
    robot = RobotFactory(organisation=acme)
    RobotFactory(organisation=MembershipFactory(user=owner, role=Role.MEMBER).account)
    AccessTokenFactory(user=owner)
    RobotFactory()

    (row,) = api.get(LIST).json()["results"]

    assert (row["id"], row["is_live"]) == (str(robot.pk), True)


@pytest.mark.parametrize("role", [Role.MEMBER, Role.BILLING, None])
def test_who_is_no_owner_makes_sees_and_revokes_none(acme: Account, role: Role | None) -> None:
    robot, somebody = RobotFactory(organisation=acme), UserFactory()
    if role:
        MembershipFactory(account=acme, user=somebody, role=role)
    api = _client(AccessTokenFactory(user=somebody))

    answer = _post(api)

    assert (answer.status_code, answer.json()["code"], list(answer.json()["errors"])) == (400, "invalid_input", ["organisation"])
    assert answer.content.replace(b"acme", b"nobody") == _post(api, organisation="nobody").content
    assert api.get(LIST).json()["results"] == []
    assert [api.get(f"{LIST}{robot.pk}/").status_code, api.delete(f"{LIST}{robot.pk}/").status_code] == [404, 404]
    assert find_credential(robot.secret) is not None


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        pytest.param({"name": "Not a name"}, 422, "invalid_robot_name", "name", id="name"),
        pytest.param({"name": "taken"}, 409, "robot_name_taken", "name", id="taken"),
        pytest.param({"name": "x" * 40}, 400, "invalid_input", "name", id="long"),
        pytest.param({"images": ["nobody/nothing"]}, 403, "nothing_to_pull", "images", id="image"),
        pytest.param({"expires_at": "2020-01-01T00:00:00Z"}, 422, "token_expiry_past", "expires_at", id="dead at birth"),
    ],
)
def test_what_is_wrong_is_said_by_field(api: APIClient, acme: Account, body: dict[str, object], status: int, code: str, field: str) -> None:
    RobotFactory(organisation=acme, name="taken")

    answer = _post(api, **body)

    assert (answer.status_code, answer.json()["code"], list(answer.json()["errors"])) == (status, code, [field])
    assert AccessToken.objects.exclude(organisation=None).count() == 1


def test_a_token_makes_no_robot_that_outlives_it(owner: User) -> None:
    api = _client(AccessTokenFactory(user=owner, expires_at=timezone.now() + timedelta(days=1)))

    answer = _post(api)

    assert (answer.status_code, answer.json()["code"]) == (403, "token_too_powerful")
    assert not AccessToken.objects.exclude(organisation=None).exists()


def test_an_owner_revokes_a_robot(api: APIClient, acme: Account) -> None:
    robot = RobotFactory(organisation=acme)

    assert [api.delete(f"{LIST}{robot.pk}/").status_code for _ in range(2)] == [204, 204]

    assert find_credential(robot.secret) is None
    assert api.get(f"{LIST}{robot.pk}/").json()["is_live"] is False


def test_a_robot_opens_no_api(acme: Account) -> None:
    robot = RobotFactory(organisation=acme)

    assert _client(robot).get(LIST).status_code == 401
