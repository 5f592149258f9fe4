"""Whoever is signed out behind a form signs in and is back at the page that holds it."""

import pytest
from django.test import Client

from tests.factories.accounts import PASSWORD, UserFactory
from tests.factories.marketplace import ProductFactory
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db
SIGN_IN = "/account/login/"


def test_who_was_signed_out_in_another_tab_is_back_at_the_page_with_the_button() -> None:
    user, product, browser = UserFactory(), ProductFactory(), Client()
    browser.force_login(user)
    page = f"/{product.namespace.name}/{product.slug}"
    assert browser.get(page).status_code == 200
    browser.post("/account/logout/")

    door = browser.post(f"/billing/buy/{product.pk}/", headers={"referer": f"http://testserver{page}"})
    answer = browser.post(door["Location"], {"login": user.username, "password": PASSWORD}, follow=True)

    assert (door.status_code, door["Location"]) == (302, f"{SIGN_IN}?next={page}")
    assert (answer.status_code, answer.request["PATH_INFO"]) == (200, page)


@pytest.mark.parametrize(
    "referer",
    [
        "https://evil.example/acme/db",
        "http://testserver//evil.example/",
        "http://testserver@evil.example/",
        "javascript:alert(1)",
        "http://[",
        "",
    ],
)
def test_a_page_of_others_is_no_way_back(referer: str) -> None:
    answer = Client().post("/account/language", headers={"referer": referer})

    assert (answer.status_code, answer["Location"]) == (302, SIGN_IN)


def test_a_page_that_is_read_is_shown_after_signing_in_wherever_its_link_stood() -> None:
    answer = Client().get("/library/", headers={"referer": "http://testserver/acme/db"})

    assert answer["Location"] == f"{SIGN_IN}?next=/library/"


def _refused_for_its_age(referer: str) -> tuple[int, str]:
    """Status and page for a form from before the sign-in in the same browser."""
    user, browser = UserFactory(), Client(enforce_csrf_checks=True)
    browser.get(SIGN_IN)
    old = {"csrfmiddlewaretoken": browser.cookies["layerstore_csrf"].value}
    assert browser.post(SIGN_IN, {"login": user.username, "password": PASSWORD, **old}).status_code == 302

    answer = browser.post("/account/currency", {"currency": "usd", **old}, headers={"referer": referer, "origin": "http://testserver"})

    user.refresh_from_db()
    assert user.currency == ""
    return answer.status_code, assert_sound(answer).text + answer.content.decode()


def test_a_form_from_before_a_sign_in_says_that_it_is_too_old_and_leads_back_to_its_page() -> None:
    status, page = _refused_for_its_age("http://testserver/search/?q=db&page=2")

    assert (status, page.count("<h1>This form is too old</h1>"), page.count("not for this account")) == (403, 1, 0)
    assert '<a class="btn btn-main" href="/search/?q=db&amp;page=2">Open the page again</a>' in page
    assert "Sign in as somebody else" not in page


def test_a_form_from_elsewhere_leads_to_the_home_page() -> None:
    status, page = _refused_for_its_age("https://evil.example/")

    assert (status, page.count("evil.example"), page.count("Open the page again")) == (403, 0, 0)
    assert '<a class="btn btn-main" href="/">Go to the home page</a>' in page
