"""From the home page to the pulled image by keyboard alone: nothing is clicked, filled in or focused but by keys."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.test_buying import REFERENCE
from tests.browser.world import World
from tests.factories.accounts import PASSWORD
from tests.support.trade import Trade, silent
from tools.stack.catalogue import tidewater
from tools.stack.sale.people import meet

BUYER = "keyed"
MOST = 400  # presses: more than the controls of any page here, and once around
_HERE = "(wanted) => document.activeElement === wanted"


def go(tab: Page, wanted: Locator) -> None:
    """Press Tab until the focus is there."""
    expect(wanted).to_be_visible()
    for _ in range(MOST):
        if wanted.evaluate(_HERE):
            return
        tab.keyboard.press("Tab")
    raise AssertionError(f"no key leads to {wanted}")


def press(tab: Page, name: str | re.Pattern[str], role: str = "button") -> None:
    """Go to a button or link of this name, and press Enter."""
    go(tab, tab.get_by_role("link" if role == "link" else "button", name=name, exact=True).first)
    tab.keyboard.press("Enter")


def write(tab: Page, field: Locator, text: str) -> None:
    """Go to a field and type; what stood in it is replaced."""
    go(tab, field)
    tab.keyboard.press("Control+a")
    tab.keyboard.type(text)


def read_in(tab: Page, language: str, code: str) -> None:
    """Choose the language of the pages."""
    press(tab, language)
    expect(tab.locator("html")).to_have_attribute("lang", code)


def find(tab: Page, words: str, title: str) -> None:
    """Type words into the head's search field, choose a product among what is suggested, and open it."""
    field = tab.get_by_role("combobox", name="Search images").first
    write(tab, field, words)
    wanted = tab.get_by_role("option", name=title)
    expect(wanted.first).to_be_visible()
    while wanted.first.get_attribute("aria-selected") != "true":
        tab.keyboard.press("ArrowDown")
        assert field.get_attribute("aria-activedescendant"), "the arrow keys went past what was wanted"
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", level=1)).to_have_text(title)


def test_a_visitor_finds_buys_pulls_and_reviews_by_keyboard_alone(visitor: Page, world: World) -> None:
    tab = visitor
    tab.goto(world.stack.url)
    read_in(tab, "Deutsch", "de")
    read_in(tab, "English", "en")
    find(tab, "redis", tidewater.REDIS.title)

    press(tab, "Reviews", "link")
    expect(tab).to_have_url(re.compile("#reviews$"))
    press(tab, "Sign in to buy", "link")
    write(tab, tab.locator("[name=login]"), BUYER)
    write(tab, tab.locator("[name=password]"), PASSWORD)
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", level=1)).to_have_text(tidewater.REDIS.title)

    press(tab, "Buy and pull")
    press(tab, "Pay €29.00 (TEST)")
    tab.wait_for_url("**/orders/*/")
    press(tab, "Access tokens", "link")
    write(tab, tab.get_by_label("Name", exact=True), "laptop")
    tab.keyboard.press("Enter")
    who = meet(world.stack.instance, BUYER, "")
    who.access_token = tab.locator("#token-secret").inner_text()
    press(tab, "I have stored it", "link")

    press(tab, "Library", "link")
    command = tab.locator(".cmd").filter(has_text="docker pull").first
    go(tab, command.get_by_role("button"))
    tab.keyboard.press("Enter")
    expect(command.get_by_role("button")).to_have_text("Copied")
    found = REFERENCE.fullmatch(str(tab.evaluate("navigator.clipboard.readText()")))
    assert found
    assert Trade(world.stack).docker(who).pull(found[1], silent) == world.names["redis_digest"]

    press(tab, tidewater.REDIS.title, "link")
    press(tab, "Write a review", "link")
    go(tab, tab.get_by_role("radio").first)  # one stop for all of them: arrow keys choose
    tab.keyboard.press("ArrowDown")
    expect(tab.get_by_role("radio").nth(1)).to_be_checked()
    write(tab, tab.locator("textarea"), "Bought without a mouse.")
    press(tab, "Publish review")
    expect(tab.get_by_text("Bought without a mouse.")).to_be_visible()
