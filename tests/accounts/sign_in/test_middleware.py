import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value, yield_hotp_counters_from_time
from django.test import Client

from accounts.people.models import User
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _demanding(settings) -> None:
    settings.LAYERSTORE_SECOND_FACTOR_FOR_STAFF = True


def _signed_in(user: User) -> Client:
    client = Client()
    client.post("/account/login/", {"login": user.username, "password": PASSWORD})
    return client


def _code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def test_a_stranger_is_sent_to_the_shops_own_login() -> None:
    answer = Client().get("/admin/accounts/user/", follow=True)

    assert answer.redirect_chain[-1][0] == "/account/login/?next=%2Fadmin%2Faccounts%2Fuser%2F"


@pytest.mark.parametrize("page", ["/admin/", "/admin/accounts/user/", "/admin/logout/"])
def test_who_is_no_staff_sees_a_closed_door_and_no_loop(page: str) -> None:
    assert _signed_in(UserFactory()).get(page).status_code == 403


@pytest.mark.parametrize("page", ["/admin/", "/admin/accounts/user/"])
def test_staff_without_a_second_factor_are_sent_to_set_one_up(page: str) -> None:
    answer = _signed_in(UserFactory(staff=True)).get(page)

    assert answer.headers["Location"] == "/account/2fa/"


def test_staff_come_in_after_password_and_code() -> None:
    user, secret = UserFactory(staff=True), generate_totp_secret()
    TOTP.activate(user, secret)
    client = _signed_in(user)
    assert client.get("/admin/").status_code == 302

    client.post("/account/2fa/authenticate/", {"code": _code(secret)})

    assert client.get("/admin/").status_code == 200


def test_a_session_from_before_the_second_factor_must_show_it_first() -> None:
    user, secret = UserFactory(staff=True), generate_totp_secret()
    client = _signed_in(user)
    TOTP.activate(user, secret)

    door = client.get("/admin/accounts/user/")
    assert door.headers["Location"] == "/account/2fa/reauthenticate/?next=%2Fadmin%2Faccounts%2Fuser%2F"

    assert client.post(door.headers["Location"], {"code": _code(secret)}).headers["Location"] == "/admin/accounts/user/"
    assert client.get("/admin/accounts/user/").status_code == 200


def test_a_passkey_is_a_second_factor_to_be_shown() -> None:
    user = UserFactory(staff=True)
    client = _signed_in(user)
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={})

    assert client.get("/admin/").headers["Location"] == "/account/2fa/webauthn/reauthenticate/?next=%2Fadmin%2F"


def test_without_the_demand_staff_come_in_by_password(settings) -> None:
    settings.LAYERSTORE_SECOND_FACTOR_FOR_STAFF = False

    assert _signed_in(UserFactory(staff=True)).get("/admin/").status_code == 200


def test_disabled_staff_stand_outside_with_the_next_request() -> None:
    user, secret = UserFactory(staff=True), generate_totp_secret()
    TOTP.activate(user, secret)
    client = _signed_in(user)
    client.post("/account/2fa/authenticate/", {"code": _code(secret)})

    User.objects.update(is_active=False)

    assert client.get("/admin/").status_code == 302


def test_the_admin_changes_passwords_where_everybody_does() -> None:
    assert Client().get("/admin/password_change/").headers["Location"] == "/account/password/change/"
