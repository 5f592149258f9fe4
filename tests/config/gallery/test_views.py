"""The gallery of mails: whole in development, not there in production."""

import re
from html import unescape

import pytest
from django.conf import settings
from django.test import Client

from config.gallery.examples import EXAMPLES
from tests.support.pages import HEAVIEST, Page, weight

PAGE, FRAME = "/dev/mails/", "/dev/mails/frame"


@pytest.mark.parametrize("address", [PAGE, f"{FRAME}?kind=receipt&case="])
def test_a_shop_on_the_internet_has_no_gallery(client: Client, settings, address: str) -> None:
    settings.LAYERSTORE_PRODUCTION = True

    assert client.get(address).status_code == 404


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
def test_the_page_shows_every_example_light_dark_and_as_text(client: Client, language: str) -> None:
    answer = client.get(PAGE, {"in": language})
    page = answer.content.decode()

    assert weight(answer, Page(page)) < HEAVIEST
    assert page.count("<iframe") == 2 * sum(len(cases) for cases in EXAMPLES.values()) == 2 * page.count('<pre class="mail-frame')
    assert len(set(re.findall(r'<article class="mail-shown" id="([^"]+)"', page))) == page.count("<article")


def test_the_frames_of_a_page_are_there_and_may_neither_run_nor_load(client: Client) -> None:
    page = client.get(PAGE, {"kind": "receipt"})
    frames = [unescape(address) for address in re.findall(r'<iframe class="mail-frame" src="([^"]+)"', page.content.decode())]

    assert len(frames) == 2 * len(EXAMPLES["receipt"])
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    for address in frames:
        answer = client.get(address)
        assert (answer.status_code, answer["X-Frame-Options"]) == (200, "SAMEORIGIN")
        policy = {part.strip() for part in answer["Content-Security-Policy"].split(";")}
        assert policy == {"default-src 'none'", "style-src 'unsafe-inline'", "frame-ancestors 'self'", "sandbox"}


@pytest.mark.parametrize(("scheme", "query"), [("light", "not all"), ("dark", "all"), ("", "(prefers-color-scheme: dark)")])
def test_a_frame_shows_its_scheme_whatever_the_browser_prefers(client: Client, scheme: str, query: str) -> None:
    html = client.get(FRAME, {"kind": "unknown_account", "case": "", "scheme": scheme}).content.decode()

    assert re.findall(r"@media ([^{]+) \{", html) == ["(max-width: 480px)", query]


def test_frames_and_page_are_in_the_language_that_is_asked_for(client: Client) -> None:
    query = {"kind": "unknown_account", "case": "", "in": "de"}

    assert '<html lang="de">' in client.get(FRAME, query).content.decode()
    assert f'<html lang="{settings.LANGUAGE_CODE}">' in client.get(FRAME, query | {"in": "xx"}).content.decode()
    assert "in=de&amp;kind=unknown_account" in client.get(PAGE, query).content.decode()


@pytest.mark.parametrize("query", [{}, {"kind": "receipt", "case": "nowhere"}, {"kind": "nothing", "case": ""}])
def test_there_is_no_frame_for_what_has_no_example(client: Client, query: dict[str, str]) -> None:
    assert client.get(FRAME, query).status_code == 404
