import re
from datetime import UTC, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.people.models import User
from accounts.tokens.models import AccessToken
from accounts.tokens.selectors import find_live_token, identity_token_for
from marketplace.credentials.models import CredentialImage
from tests.factories.accounts import PASSWORD, AccessTokenFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory
from tests.support.clients import let_the_login_grow_old
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db
PAGE = "/account/tokens/"
NOBODY = UUID(int=0)


@pytest.fixture
def user() -> User:
    return UserFactory()


@pytest.fixture
def client(user: User) -> Client:
    """Signed in just now, with the password."""
    client = Client()
    client.post("/account/login/", {"login": user.username, "password": PASSWORD})
    return client


def _form(**changes: object) -> dict[str, object]:
    return {"name": "build server", "scopes": ["registry:pull"], "lifetime": "30", **changes}


def test_a_token_is_made_shown_once_and_works(client: Client, user: User) -> None:
    answer = client.post(PAGE, _form(scopes=["registry:pull", "registry:push", "api"]))

    secret = answer.context["secret"]
    token = find_live_token(secret)
    assert token == answer.context["made"] == AccessToken.objects.get()
    assert (token.user, token.name, token.scopes) == (user, "build server", ["registry:pull", "registry:push", "api"])
    assert token.expires_at is not None
    assert abs(token.expires_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)
    assert secret in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]

    again = client.get(PAGE)
    assert secret not in again.content.decode()
    assert list(again.context["tokens"]) == [token]


def test_a_token_may_have_no_end(client: Client) -> None:
    client.post(PAGE, _form(lifetime=""))

    assert AccessToken.objects.get().expires_at is None


def test_a_token_ends_with_the_day_that_one_chooses(client: Client) -> None:
    day = timezone.now().date() + timedelta(days=12)

    client.post(PAGE, _form(lifetime="until", until=day.isoformat()))

    assert AccessToken.objects.get().expires_at == datetime.combine(day, time(23, 59), UTC)
    assert re.search(r'pill-warn">ends in 1[23] days<', client.get(PAGE).content.decode())


@pytest.mark.parametrize(
    ("lifetime", "until"),
    [
        pytest.param("until", "", id="no day"),
        pytest.param("until", "2020-02-02", id="past"),
        pytest.param("until", "never", id="no date"),
        pytest.param("30", "2999-02-02", id="a day beside a span"),
    ],
)
def test_a_day_that_cannot_be_is_said_at_its_field(client: Client, lifetime: str, until: str) -> None:
    answer = client.post(PAGE, _form(lifetime=lifetime, until=until))

    assert answer.status_code == 400
    assert answer.context["form"].errors.keys() == {"until"}
    assert not AccessToken.objects.exists()


def test_a_token_is_made_for_some_images_and_says_so(client: Client, user: User) -> None:
    held = EntitlementFactory(holder=user.account).image
    EntitlementFactory(holder=user.account)

    answer = client.post(PAGE, _form(images=[str(held.pk)]))

    assert_sound(answer)
    token = AccessToken.objects.get()
    assert token.limited_to == held.repository
    assert CredentialImage.objects.get().image == held
    assert f'mono">{held.repository}</span>' in answer.content.decode()


def test_a_token_with_images_and_api_is_refused_at_the_images(client: Client, user: User) -> None:
    held = EntitlementFactory(holder=user.account).image

    answer = client.post(PAGE, _form(scopes=["registry:pull", "api"], images=[str(held.pk)]))

    assert_sound(answer)
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"images"}
    assert not AccessToken.objects.exists()


def test_images_of_others_cannot_be_chosen_and_without_images_there_is_no_choice(client: Client) -> None:
    foreign = EntitlementFactory().image

    answer = client.post(PAGE, _form(images=[str(foreign.pk)]))

    assert "images" not in answer.context["form"].fields
    assert not AccessToken.objects.get().limited


@pytest.mark.parametrize("scope", ["registry:push", "api"])
def test_a_push_or_api_token_needs_a_fresh_login_and_is_then_made_from_the_same_form(client: Client, scope: str) -> None:
    let_the_login_grow_old(client)

    answer = client.post(PAGE, _form(scopes=["registry:pull", scope]))
    assert answer.headers["Location"] == f"/account/reauthenticate/?next={PAGE.replace('/', '%2F')}"
    assert not AccessToken.objects.exists()

    client.post(answer.headers["Location"], {"password": "wrong password"})
    assert not AccessToken.objects.exists()

    resumed = client.post(answer.headers["Location"], {"password": PASSWORD})
    assert find_live_token(resumed.context["secret"]) == AccessToken.objects.get()


def test_a_pull_token_needs_no_fresh_login(client: Client) -> None:
    let_the_login_grow_old(client)

    assert client.post(PAGE, _form()).status_code == 200
    assert AccessToken.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"scopes": []}, id="no scope"),
        pytest.param({"scopes": ["registry:*"]}, id="unknown scope"),
        pytest.param({"name": ""}, id="no name"),
        pytest.param({"name": "x" * 81}, id="long name"),
        pytest.param({"lifetime": "-1"}, id="life that is not on offer"),
    ],
)
def test_a_form_with_a_fault_makes_no_token_and_keeps_what_was_typed(client: Client, changes: dict[str, object]) -> None:
    answer = client.post(PAGE, _form(**changes))

    assert answer.status_code == 400
    assert set(answer.context["form"].errors) == set(changes)
    assert answer.context["form"]["name"].value() == _form(**changes)["name"]
    assert not AccessToken.objects.exists()


def test_without_a_verified_address_the_form_says_what_to_do() -> None:
    user, client = UserFactory(verified=False), Client()
    client.force_login(user)

    answer = client.post(PAGE, _form())

    assert answer.status_code == 403
    assert "Confirm your e-mail address first" in answer.content.decode()
    assert not AccessToken.objects.exists()


def test_a_token_is_revoked_from_its_page(client: Client, user: User) -> None:
    token = AccessTokenFactory(user=user)

    assert client.post(f"{PAGE}{token.pk}/revoke").headers["Location"] == PAGE

    assert find_live_token(token.secret) is None


def test_somebody_elses_token_is_not_there(client: Client) -> None:
    token = AccessTokenFactory()

    assert client.post(f"{PAGE}{token.pk}/revoke").status_code == 404
    assert client.post(f"{PAGE}{uuid4()}/revoke").status_code == 404

    assert find_live_token(token.secret) == token
    assert list(client.get(PAGE).context["tokens"]) == []


def test_logging_out_everywhere_leaves_this_browser_and_the_access_tokens(client: Client, user: User) -> None:
    token, other = AccessTokenFactory(user=user), Client()
    identity = identity_token_for(token)
    other.force_login(user)

    client.post(f"{PAGE}log-out-everywhere")

    assert client.get(PAGE).status_code == 200
    assert other.get(PAGE).status_code == 302
    assert find_live_token(identity) is None
    assert find_live_token(token.secret) == token


@pytest.mark.parametrize("path", ["", "tokens/", f"tokens/{NOBODY}/revoke", "tokens/log-out-everywhere"])
def test_strangers_are_sent_to_the_login_and_change_nothing(path: str) -> None:
    token = AccessTokenFactory()

    for answer in (Client().get(f"/account/{path}"), Client().post(f"/account/{path}", _form())):
        assert answer.status_code == 405 or answer.headers["Location"].startswith("/account/login/")

    assert list(AccessToken.objects.all()) == [token]
    assert find_live_token(token.secret) == token


@pytest.mark.parametrize("path", [f"tokens/{NOBODY}/revoke", "tokens/log-out-everywhere"])
def test_a_link_alone_does_nothing(client: Client, user: User, path: str) -> None:
    assert client.get(f"/account/{path}").status_code == 405

    user.refresh_from_db()
    assert user.credential_generation == 0


def test_a_form_from_elsewhere_is_refused(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)

    assert client.post(PAGE, _form()).status_code == 403
    assert not AccessToken.objects.exists()


def test_the_pages_queries_do_not_grow_with_the_tokens(client: Client, user: User, django_assert_num_queries) -> None:
    AccessTokenFactory.create_batch(20, user=user)
    client.get(PAGE)  # takes the greeting after the login away

    with django_assert_num_queries(6):  # session, user, account, organisations, images to choose, tokens
        client.get(PAGE)
