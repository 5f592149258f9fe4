"""In which language somebody without an account is answered, and that no cache confuses two of them."""

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import translation
from django.utils.translation import gettext

from common.web.languages import LanguageMiddleware, known_language
from common.web.rate_limits import RateLimitReached
from config.rate_limits import ACTS

ENGLISH, GERMAN = "Nothing at this address", "Unter dieser Adresse ist nichts"
NOWHERE = "/not/there/at/all"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("accepts", "cookie", "language"),
    [
        pytest.param(None, None, "en-gb", id="nothing said"),
        pytest.param("de", None, "de", id="German"),
        pytest.param("de-AT,en;q=0.5", None, "de", id="Austrian"),
        pytest.param("fr, en-US;q=0.5", None, "en-gb", id="what we do not have, then American"),
        pytest.param("fr", None, "en-gb", id="what we do not have"),
        pytest.param("de", "en-gb", "en-gb", id="a cookie comes first"),
        pytest.param(None, "de", "de", id="a cookie alone"),
        pytest.param("de", "<script>", "de", id="a cookie that is none of ours"),
    ],
)
def test_a_visitor_is_answered_in_the_language_of_the_cookie_or_the_browser(
    client: Client, accepts: str | None, cookie: str | None, language: str
) -> None:
    if cookie:
        client.cookies["language"] = cookie

    response = client.get(NOWHERE, headers={"Accept-Language": accepts} if accepts else {})

    text = response.content.decode()
    assert response["Content-Language"] == language
    assert f'<html lang="{language[:2]}"' in text
    assert (GERMAN in text, ENGLISH in text) == (language == "de", language == "en-gb")
    assert {"Accept-Language", "Cookie"} <= {name.strip() for name in response["Vary"].split(",")}


def test_the_language_ends_with_its_request() -> None:
    def answer(request: object) -> HttpResponse:
        return HttpResponse(gettext("Free"))

    response = LanguageMiddleware(answer)(RequestFactory().get("/", headers={"Accept-Language": "de"}))

    assert (response.content.decode(), translation.get_language()) == ("Kostenlos", "en-gb")


def test_what_caches_keep_for_everybody_names_no_language() -> None:
    def answer(request: object) -> HttpResponse:
        return HttpResponse("…", headers={"Cache-Control": "public, max-age=60"})

    response = LanguageMiddleware(answer)(RequestFactory().get("/", headers={"Accept-Language": "de"}))

    assert (response.has_header("Vary"), response.has_header("Content-Language")) == (False, False)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/api/schema/", "/robots.txt", "/sitemap.xml"])
def test_what_caches_keep_for_everybody_is_the_same_for_everybody(client: Client, address: str) -> None:
    german = client.get(address, headers={"Accept-Language": "de"})
    english = client.get(address)

    assert "public" in german["Cache-Control"]
    assert german.content == english.content


@pytest.mark.django_db
def test_the_api_answers_problems_in_the_language_that_is_asked_for(client: Client) -> None:
    response = client.get("/api/v1/nothing/", headers={"Accept-Language": "de"})

    assert response.json()["detail"].startswith("Unter dieser Adresse gibt es nichts.")
    assert (response.json()["code"], response["Content-Language"]) == ("not_found", "de")


@pytest.mark.django_db
def test_the_admin_is_english(client: Client) -> None:
    client.cookies["language"] = "de"

    assert client.get("/admin/", headers={"Accept-Language": "de"})["Content-Language"] == "en-gb"


@pytest.mark.django_db
def test_a_visitor_chooses_a_language_and_is_back_where_they_were(client: Client) -> None:
    response = client.post("/language", {"language": "de"}, headers={"referer": "http://testserver/search/?q=db"})

    assert (response.status_code, response["Location"]) == (303, "http://testserver/search/?q=db")
    assert response.cookies["language"].value == "de"
    assert client.get(NOWHERE)["Content-Language"] == "de"


@pytest.mark.django_db
@pytest.mark.parametrize("choice", ["", "xx", "<script>", "d" * 600])
def test_any_other_choice_leaves_the_language_to_the_browser(client: Client, choice: str) -> None:
    client.cookies["language"] = "de"

    response = client.post("/language", {"language": choice}, headers={"referer": "https://evil.example/"})

    assert (response.status_code, response["Location"]) == (303, "/")
    assert response.cookies["language"]["max-age"] == 0


@pytest.mark.django_db
def test_the_switch_needs_no_token_which_would_be_a_cookie_on_every_page() -> None:
    client = Client(enforce_csrf_checks=True)

    page = client.get("/how-it-works/")

    assert 'action="/language"' in page.content.decode()
    assert page.cookies == {}
    assert client.post("/language", {"language": "de"}).status_code == 303
    assert client.get("/language").status_code == 405


@pytest.mark.django_db
def test_each_language_is_offered_by_its_own_name(client: Client) -> None:
    page = client.get(NOWHERE, headers={"Accept-Language": "de"}).content.decode()

    assert '<button type="submit" name="language" value="en-gb" lang="en" aria-pressed="false">English</button>' in page
    assert '<button type="submit" name="language" value="de" lang="de" aria-pressed="true">Deutsch</button>' in page


@pytest.mark.parametrize(("code", "known"), [("de", "de"), ("de-at", "de"), ("en", "en-gb"), ("fr", None), ("", None)])
def test_a_code_stands_for_a_language_of_ours_or_for_none(code: str, known: str | None) -> None:
    assert known_language(code) == known


def test_a_limit_is_told_in_the_readers_language() -> None:
    act = ACTS["organisation.found"]
    with translation.override("de"):
        reached = RateLimitReached(act=act, limit=act.limits[0], seconds=120)

    assert (
        reached.message
        == "Neue Organisationen: höchstens 10 in einem Tag. Es wurde nichts geändert. Versuchen Sie es in 2 Minuten noch einmal."
    )
