"""What the watch over a tab takes for a fault, shown on pages that Chromium is handed without a server."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser.looks import Watch

ORIGIN = "http://shop.test"
PAGES = {
    "/": '<a href="/next">Next</a>',
    "/next": "<h1>Next</h1>",
    "/asks": """<a href="/next">Next</a><script>
        const end = new AbortController();
        fetch("/held", { signal: end.signal }).catch(() => {});
    </script>""",
}


@pytest.fixture
def shop(chromium: Browser) -> Iterator[Page]:
    """A tab in which the pages above are; `/held` is never answered, `/broken` ends in a broken connection."""
    context = chromium.new_context()
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
