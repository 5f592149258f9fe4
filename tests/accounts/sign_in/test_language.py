"""The language of an account: chosen in the settings or at the foot of a page, and before what the browser asks for."""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.organisations.models import Role
from accounts.organisations.services.invitations import invite
from accounts.people.models import User
from accounts.people.selectors import language_of
from accounts.people.services import choose_language
from audit.models import AuditEvent
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import PASSWORD, MembershipFactory, UserFactory
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


def test_what_is_none_of_our_languages_leaves_pages_to_the_browser_and_mails_as_they_were(her: Client, mira: User) -> None:
    choose_language(user=mira, language="de")

    her.post(ADDRESS, {"language": "tlh"})

    mira.refresh_from_db()
    assert mira.language == ""
    assert her.get("/account/", headers={"Accept-Language": "en"})["Content-Language"] == "en-gb"
    assert language_of(mira.email) == "de"

    choose_language(user=mira, language="en-gb")
    assert language_of(mira.email) == "en-gb"


def test_who_signs_up_keeps_the_language_that_they_did_it_in(client: Client) -> None:
    answers = {"username": "kim", "email": "kim@example.test", "password1": PASSWORD}
    client.post("/account/signup/", answers, headers={"Accept-Language": "de"})
    EmailAddress.objects.update(verified=True)
    elsewhere = Client(headers={"Accept-Language": "en"})

    assert elsewhere.post("/account/login/", {"login": "kim", "password": PASSWORD}).status_code == 302

    assert language_of("kim@example.test") == "de"
    assert elsewhere.get("/account/")["Content-Language"] == "de"


def test_an_invitation_is_in_the_language_of_who_gets_it_and_not_of_who_invites(mira: User) -> None:
    """Nobody knows the language of an address without an account: it is English, until somebody signs up with it."""
    choose_language(user=mira, language="de")
    organisation = MembershipFactory(user=mira, role=Role.OWNER).account
    UserFactory(email="lena@example.test", language="de")

    for address in ("kim@example.test", "lena@example.test"):
        with translation.override("de" if address.startswith("kim") else "en-gb"):
            invite(organisation=organisation, email=address, role=Role.MEMBER, actor=mira)

    kim, lena = OutgoingMail.objects.filter(to__in=["kim@example.test", "lena@example.test"]).order_by("to")
    assert '<html lang="en-gb">' in kim.body_html
    assert '<html lang="de">' in lena.body_html


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
