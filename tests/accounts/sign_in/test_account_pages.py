"""The pages around an account, ours and the library's, wear the same clothes and work without script."""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client, override_settings

from accounts.people.models import User
from accounts.tokens.models import AccessToken
from tests.factories.accounts import PASSWORD, AccessTokenFactory, UserFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def mira() -> User:
    return UserFactory(username="mira")


@pytest.fixture
def fresh(mira: User) -> Client:
    """Mira, who has just typed her password."""
    client = Client()
    client.post("/account/login/", {"login": "mira", "password": PASSWORD})
    return client


@pytest.mark.parametrize(
    "path",
    [
        "/account/login/",
        "/account/signup/",
        "/account/password/reset/",
        "/account/password/reset/done/",
        "/account/password/reset/key/done/",
        "/account/password/reset/key/1-bad/",
        "/account/confirm-email/",
        "/account/confirm-email/bad/",
        "/account/inactive/",
    ],
)
def test_a_stranger_s_pages_are_sound(client: Client, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 200
    assert_sound(response)


@pytest.mark.parametrize(
    "path",
    [
        "/account/",
        "/account/tokens/",
        "/account/email/",
        "/account/password/change/",
        "/account/logout/",
        "/account/reauthenticate/",
        "/account/2fa/",
        "/account/2fa/webauthn/",
    ],
)
def test_a_member_s_pages_are_sound(fresh: Client, path: str) -> None:
    response = fresh.get(path)

    assert response.status_code == 200
    assert_sound(response)


@pytest.mark.parametrize("path", ["/account/2fa/totp/activate/", "/account/2fa/webauthn/add/"])
def test_a_second_factor_is_set_up_after_the_password_is_asked_for_again(fresh: Client, path: str) -> None:
    asked = fresh.get(path, follow=True)
    response = fresh.post(asked.redirect_chain[0][0], {"password": PASSWORD}, follow=True)

    assert_sound(asked)
    assert response.redirect_chain == [(path, 302)]
    assert_sound(response)


@pytest.mark.parametrize(
    ("host", "offered"),
    [
        pytest.param("http://127.0.0.1:8080", False, id="IPv4"),
        pytest.param("https://[2001:db8::1]", False, id="IPv6"),
        pytest.param("http://localhost:8080", True, id="localhost"),
        pytest.param("https://shop.example", True, id="name"),
    ],
)
@pytest.mark.parametrize(
    ("path", "button"),
    [
        pytest.param("/account/login/", 'id="passkey_login"', id="sign-in"),
        pytest.param("/account/2fa/", "/account/2fa/webauthn/add/", id="second factor"),
        pytest.param("/account/2fa/webauthn/", "/account/2fa/webauthn/add/", id="list of keys"),
    ],
)
def test_passkeys_are_offered_where_browsers_make_them(
    client: Client, fresh: Client, settings, host: str, path: str, button: str, *, offered: bool
) -> None:
    settings.LAYERSTORE_PUBLIC_URL = host

    response = (client if path == "/account/login/" else fresh).get(path)

    assert_sound(response)
    assert (button in response.content.decode()) is offered
    assert ("Passkeys need a domain name" in response.content.decode()) is not offered


def test_a_refused_sign_in_says_so_and_keeps_the_name(client: Client, mira: User) -> None:
    response = client.post("/account/login/", {"login": "mira", "password": "wrong"})

    assert_sound(response)
    assert "Not signed in." in response.content.decode()
    assert 'value="mira"' in response.content.decode()


def test_a_refused_sign_up_says_what_to_do_beside_each_field(client: Client) -> None:
    response = client.post("/account/signup/", {"email": "no", "username": "Mira K!", "password1": "123"})

    page = assert_sound(response)
    refused = [attributes["name"] for attributes in page.all("input") if attributes.get("aria-invalid")]
    assert set(refused) == {"email", "username", "password1"}
    assert 'value="Mira K!"' in response.content.decode()


@override_settings(LAYERSTORE_MAILBOX_URL="http://127.0.0.1:10080/mailbox/")
def test_a_demo_leads_to_its_mailbox(client: Client) -> None:
    assert 'href="http://127.0.0.1:10080/mailbox/"' in client.get("/account/confirm-email/").content.decode()


def test_no_mailbox_is_named_where_there_is_none(client: Client) -> None:
    assert "mailbox" not in client.get("/account/confirm-email/").content.decode()


def test_a_token_is_shown_once(fresh: Client, mira: User) -> None:
    response = fresh.post("/account/tokens/", {"name": "laptop", "scopes": ["registry:pull"], "lifetime": "90"})

    assert_sound(response)
    assert "Shown once" in response.content.decode()
    secret = response.context["secret"]
    assert secret in response.content.decode()
    assert secret not in fresh.get("/account/tokens/").content.decode()
    assert AccessToken.objects.get().name == "laptop"


def test_tokens_are_listed_with_what_they_may_and_when_they_end(fresh: Client, mira: User) -> None:
    AccessTokenFactory(user=mira, name="build server", scopes=["registry:pull", "registry:push"])

    response = fresh.get("/account/tokens/")

    assert_sound(response)
    assert "pull, push" in response.content.decode()
    assert "no end" in response.content.decode()


def test_an_address_that_waits_to_be_confirmed_can_be_mailed_again(fresh: Client, mira: User) -> None:
    EmailAddress.objects.create(user=mira, email="new@example.test", verified=False, primary=False)

    response = fresh.get("/account/email/")

    assert_sound(response)
    assert "new@example.test is not confirmed yet." in response.content.decode()


def test_somebody_without_a_confirmed_address_is_sent_to_their_mail(client: Client) -> None:
    UserFactory(username="new", verified=False)

    response = client.post("/account/login/", {"login": "new", "password": PASSWORD}, follow=True)

    assert_sound(response)
    assert "Check your e-mail" in response.content.decode()
