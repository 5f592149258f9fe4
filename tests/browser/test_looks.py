"""What the watch over a tab and the look at a page take for a fault, shown on pages that Chromium is handed without a server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser import looks
from tests.browser.looks import HEIGHT, Watch, bring_axe, faults_of

ORIGIN = "http://shop.test"
PAGES = {
    "/": '<a href="/next">Next</a>',
    "/next": "<h1>Next</h1>",
    "/asks": """<a href="/next">Next</a><script>
        const end = new AbortController();
        fetch("/held", { signal: end.signal }).catch(() => {});
    </script>""",
    "/sound": """<!doctype html><html lang="en"><title>Sound</title><main><h1>Sound</h1></main></html>""",
    "/faulty": """<!doctype html><html lang="en"><title>Faulty</title><meta name="viewport" content="width=device-width">
        <style>
            body { margin: 0; color: #000; background: #fff }
            @media (prefers-color-scheme: dark) { body { color: #333; background: #000 } }
            .narrow { width: 340px }
            .wide { display: none }
            @media (min-width: 1500px) { .wide { display: block; width: 2000px } }
            .spread { display: inline-block; white-space: nowrap; font: 16px/1 monospace }
        </style>
        <main><h1>Faulty</h1><img src="data:,"><p class="narrow">Narrow.</p><p class="wide">Wide.</p>
        <p class="spread">iiiiiiiiiiiiiiiiiiiiiiiiiiiii</p></main></html>""",
}


@pytest.fixture
def shop(chromium: Browser) -> Iterator[Page]:
    """A tab in which the pages above are; `/held` is never answered, `/broken` ends in a broken connection."""
    context = chromium.new_context()
    bring_axe(context)
    page = context.new_page()
    page.route(f"{ORIGIN}/**", _answer)
    yield page
    context.close()


@pytest.fixture
def watch(shop: Page) -> Watch:
    return Watch(shop, (ORIGIN,))


def _answer(route: Route) -> None:
    path = route.request.url.removeprefix(ORIGIN)
    if path == "/broken":
        route.abort("connectionreset")
    elif path != "/held":
        route.fulfill(body=PAGES[path], content_type="text/html")


def open_asking(shop: Page) -> None:
    with shop.expect_request(f"{ORIGIN}/held"):
        shop.goto(f"{ORIGIN}/asks")


@pytest.mark.parametrize("way", ["link", "address", "blank"])
def test_a_request_that_ends_because_its_page_is_left_is_no_fault(shop: Page, watch: Watch, way: str) -> None:
    open_asking(shop)

    with shop.expect_event("requestfailed") as failed:
        if way == "link":
            shop.get_by_role("link").click()
        elif way == "address":
            shop.goto(f"{ORIGIN}/next")
        else:
            watch.expect(200)
            shop.goto("about:blank")

    assert failed.value.failure == "net::ERR_ABORTED"
    assert watch.complaints == []


def test_a_request_that_ends_while_its_page_stays_is_a_fault(shop: Page, watch: Watch) -> None:
    open_asking(shop)

    with shop.expect_event("requestfailed"):
        shop.evaluate("end.abort()")
    shop.get_by_role("link").click()
    shop.wait_for_url("**/next")

    assert watch.complaints == [f"failed: {ORIGIN}/held net::ERR_ABORTED"]


def test_a_request_that_ends_on_the_page_that_came_is_a_fault(shop: Page, watch: Watch) -> None:
    shop.goto(f"{ORIGIN}/")
    open_asking(shop)

    with shop.expect_event("requestfailed"):
        shop.evaluate("end.abort()")

    assert watch.complaints == [f"failed: {ORIGIN}/held net::ERR_ABORTED"]


def test_a_broken_connection_is_a_fault(shop: Page, watch: Watch) -> None:
    shop.goto(f"{ORIGIN}/")

    with shop.expect_event("requestfailed"):
        shop.evaluate("() => { fetch('/broken').catch(() => {}); }")

    assert f"failed: {ORIGIN}/broken net::ERR_CONNECTION_RESET" in watch.complaints


def test_a_page_that_cannot_be_left_is_a_fault(shop: Page, watch: Watch) -> None:
    """The navigation itself fails: nothing came in the page's place."""
    open_asking(shop)

    with shop.expect_event("requestfailed", lambda request: request.url.endswith("/broken")):
        shop.evaluate("location.href = '/broken'")

    assert f"failed: {ORIGIN}/broken net::ERR_CONNECTION_RESET" in watch.complaints


def test_each_kind_of_fault_is_found_and_pictured(shop: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "ARTIFACTS", tmp_path)
    monkeypatch.setattr(looks, "ASKED_FOR", "")
    shop.set_viewport_size({"width": 1280, "height": HEIGHT})
    shop.goto(f"{ORIGIN}/faulty")

    found = list(faults_of(shop, "faulty"))

    kinds = {fault.partition(": ")[0]: fault.partition(": ")[2] for fault in found}
    assert kinds["axe, light"].startswith("image-alt: <img")
    assert kinds["axe, dark"].startswith("color-contrast: <h1>")
    assert kinds["overflows at 320 px"] == "340 px wide"
    assert kinds["overflows at 1920 px"] == "2000 px wide"
    assert "overflows at 320 px, widely set" in kinds
    assert found[-1] == "has not one style sheet"
    assert {path.name for path in tmp_path.iterdir()} == {f"faulty.{seen}.png" for seen in ("light", "dark", 320, 1920)}


def test_what_is_sound_has_no_picture_unless_they_are_asked_for(shop: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "ARTIFACTS", tmp_path)
    shop.goto(f"{ORIGIN}/sound")

    for asked_for, pictures in (("", set()), (str(tmp_path), {"sound.light.png", "sound.dark.png", "sound.375.png"})):
        monkeypatch.setattr(looks, "ASKED_FOR", asked_for)
        shop.set_viewport_size({"width": 1280, "height": HEIGHT})
        assert list(faults_of(shop, "sound", shop=False)) == []
        assert {path.name for path in tmp_path.iterdir()} == pictures
