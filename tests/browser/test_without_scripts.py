"""The core of the sale in a browser that runs no script."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import DESK, sign_in
from tests.browser.test_buying import REFERENCE, click
from tests.browser.world import World
from tests.factories.accounts import PASSWORD
from tests.support.trade import Trade, silent
from tools.stack.catalogue import tidewater
from tools.stack.sale.people import meet


@pytest.fixture
def plain(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser profile without JavaScript."""
    context = chromium.new_context(viewport=DESK, java_script_enabled=False)
    yield context
    context.close()


def tab_of(plain: BrowserContext, world: World, who: str) -> Page:
    sign_in(plain, world, who)
    return plain.new_page()


def test_a_name_is_reserved(plain: BrowserContext, world: World) -> None:
    tab = tab_of(plain, world, "beginner")
    tab.goto(f"{world.stack.url}/selling/reserve/")
    tab.get_by_label("Image name").fill("No Name")
    click(tab, "Reserve")

    field = tab.get_by_label("Image name")
    expect(field).to_have_value("No Name")
    said = " ".join(tab.locator(f"#{name}").inner_text() for name in (field.get_attribute("aria-describedby") or "").split())
    assert "lower-case" in said
    field.fill("plain")
    click(tab, "Reserve")
    expect(tab.get_by_role("heading", level=1)).to_contain_text("/plain")


def test_a_visitor_finds_buys_pulls_and_reviews(plain: BrowserContext, world: World) -> None:
    tab = plain.new_page()
    tab.goto(world.stack.url)
    for language, code in (("Deutsch", "de"), ("English", "en")):
        click(tab, language)
        expect(tab.locator("html")).to_have_attribute("lang", code)
    field = tab.get_by_role("searchbox", name="Search images").first
    field.fill("redis")
    field.press("Enter")
    click(tab, tidewater.REDIS.title, "link")
    click(tab, "Sign in to buy", "link")
    tab.locator("[name=login]").fill("unscripted")
    tab.locator("[name=password]").fill(PASSWORD)
    tab.locator("[name=password]").press("Enter")

    click(tab, "Buy and pull")
    tab.locator("button[value=pay]").click()
    tab.wait_for_url("**/orders/*/")
    expect(tab.get_by_text("Paid. You may pull now.")).to_be_visible()
    click(tab, "Access tokens", "link")
    tab.get_by_label("Name", exact=True).fill("laptop")
    click(tab, "Create token")
    who = meet(world.stack.instance, "unscripted", "")
    who.access_token = tab.locator("#token-secret").inner_text()

    click(tab, "Library", "link")
    command = tab.locator(".cmd").filter(has_text="docker pull").first
    expect(command.locator(".copy")).to_be_hidden()
    found = REFERENCE.fullmatch(command.locator("code").inner_text())
    assert found
    assert Trade(world.stack).docker(who).pull(found[1], silent) == world.names["redis_digest"]

    click(tab, tidewater.REDIS.title, "link")
    click(tab, "Write a review", "link")
    tab.get_by_role("radio").first.check()
    tab.locator("textarea").fill("Bought without a script.")
    click(tab, "Publish review")
    expect(tab.get_by_text("Bought without a script.")).to_be_visible()


def test_light_and_dark_are_switched_and_kept(plain: BrowserContext, world: World) -> None:
    tab = plain.new_page()
    tab.goto(f"{world.stack.url}/search/")
    for name in ("Dark", "Light"):
        click(tab, name)
        expect(tab).to_have_url(f"{world.stack.url}/search/")
        expect(tab.locator("html")).to_have_attribute("data-theme", name.lower())
        expect(tab.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-pressed", "true")
    click(tab, "System")
    assert tab.locator("html").get_attribute("data-theme") is None
