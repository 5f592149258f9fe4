"""The language of an account: chosen in the settings or at the foot of a page, and before what the browser asks for."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.people.models import User
from accounts.people.services import choose_language
from audit.models import AuditEvent
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import ProductFactory

pytestmark = pytest.mark.django_db
ADDRESS = "/account/language"


@pytest.fixture
def mira() -> User:
    return UserFactory(username="mira")


@pytest.fixture
def her(mira: User) -> Client:
    client = Client()
    client.force_login(mira)
    return client


def test_an_account_that_chose_a_language_is_answered_in_it(her: Client, mira: User) -> None:
    her.cookies["language"] = "en-gb"
    choose_language(user=mira, language="de")

    response = her.get("/account/", headers={"Accept-Language": "fr"})

    assert response["Content-Language"] == "de"
    assert '<html lang="de"' in response.content.decode()
    assert her.get("/not/there/at/all")["Content-Language"] == "de"
    assert her.get("/admin/")["Content-Language"] == "en-gb"


def test_an_account_that_chose_none_is_answered_as_its_browser_asks(her: Client) -> None:
    assert her.get("/account/")["Content-Language"] == "en-gb"
    assert her.get("/account/", headers={"Accept-Language": "de"})["Content-Language"] == "de"


def test_a_language_that_we_no_longer_have_is_none(her: Client, mira: User) -> None:
    User.objects.filter(pk=mira.pk).update(language="tlh")

    assert her.get("/account/", headers={"Accept-Language": "de"})["Content-Language"] == "de"


def test_it_is_chosen_in_the_settings_and_written_into_the_audit_trail_once(her: Client, mira: User) -> None:
    for _ in range(2):
        response = her.post(ADDRESS, {"language": "de"}, headers={"referer": "http://testserver/account/"})

        assert (response.status_code, response["Location"]) == (303, "http://testserver/account/")
    mira.refresh_from_db()
    assert mira.language == "de"
    assert AuditEvent.objects.get(action="user.language_chosen").details == {"language": "de"}
    assert '<option value="de" lang="de" selected>Deutsch</option>' in her.get("/account/").content.decode()


def test_what_is_none_of_our_languages_leaves_it_to_the_browser(her: Client, mira: User) -> None:
    choose_language(user=mira, language="de")

    her.post(ADDRESS, {"language": "tlh"})

    mira.refresh_from_db()
    assert mira.language == ""


def test_it_is_nobody_elses_to_choose(mira: User) -> None:
    forger = Client(enforce_csrf_checks=True)
    assert forger.post(ADDRESS, {"language": "de"}).status_code == 403
    forger.force_login(mira)
    assert forger.post(ADDRESS, {"language": "de"}).status_code == 403
    assert Client().post(ADDRESS, {"language": "de"}).status_code == 302

    mira.refresh_from_db()
    assert mira.language == ""
    assert not AuditEvent.objects.filter(action="user.language_chosen").exists()


def test_a_picture_in_a_page_is_no_ones(her: Client) -> None:
    """A cover that caches may keep for everybody is asked for with the session's cookie, and does not vary by it."""
    product = ProductFactory()
    address = reverse("marketplace:cover", args=[product.namespace.name, product.slug])

    response = her.get(address, headers={"Accept": "image/avif,image/*;q=0.8"})

    assert "public" in response["Cache-Control"]
    assert not response.has_header("Vary")
