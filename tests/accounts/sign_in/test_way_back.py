"""Whoever is signed out behind a form signs in and is back at the page that holds it."""

import pytest
from django.test import Client

from tests.factories.accounts import PASSWORD, UserFactory
from tests.factories.marketplace import ProductFactory

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
