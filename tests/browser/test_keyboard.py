"""The shop by keyboard, and forms that were filled in wrongly."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from tests.browser.conftest import DESK
from tests.browser.looks import Watch
from tests.browser.page import Page
from tests.browser.pages import PAGES
from tests.browser.world import World

FAULTY = [page for page in PAGES if page.name.endswith("-faulty")]
_SHOWN = """() => {
    const style = getComputedStyle(document.activeElement);
    const around = document.activeElement.closest(":has(:focus-visible):is(.card, .check, .find, .joined)");
    const outlined = (one) => one.outlineStyle !== "none" && parseFloat(one.outlineWidth) > 0;
    return outlined(style) || style.boxShadow !== "none" || Boolean(around && outlined(getComputedStyle(around)));
}"""
# A group of boxes is described as a group.
_DESCRIBED = """(control) => [control, control.closest("fieldset")]
    .map((one) => one && one.getAttribute("aria-describedby") || "").join(" ")"""


def test_the_first_tab_leads_past_the_head_of_the_page(world: World, tabs: Callable[[str], tuple[Tab, Watch]]) -> None:
    tab, _ = tabs("")
    tab.set_viewport_size(DESK)
    tab.goto(f"{world.stack.url}/how-it-works/")
    tab.keyboard.press("Tab")
    link = tab.get_by_role("link", name="Skip to the content")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()

    tab.keyboard.press("Enter")

    expect(tab.locator("#main")).to_be_focused()


@pytest.mark.parametrize(
    ("path", "who"), [("/", ""), ("/tidewater/redis-steady", ""), ("/library/", "jonas"), ("/selling/reserve/", "mara")]
)
def test_wherever_the_keyboard_goes_it_shows(world: World, tabs: Callable[[str], tuple[Tab, Watch]], path: str, who: str) -> None:
    tab, _ = tabs(who)
    tab.set_viewport_size(DESK)
    tab.goto(world.url(path))
    reached = []
    for _ in range(40):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement === document.body"):
            break
        if not tab.evaluate(_SHOWN):
            reached.append(tab.evaluate("document.activeElement.outerHTML.slice(0, 120)"))
    assert reached == []


def test_the_tip_on_distinct_pullers_opens_and_closes(world: World, tabs: Callable[[str], tuple[Tab, Watch]]) -> None:
    tab, _ = tabs("mara")
    tab.goto(world.url("/selling/images/{image}/"))
    mark, tip = tab.get_by_text("How distinct pullers are counted"), tab.get_by_text("standard error of 0.81 %")
    expect(tip).to_be_hidden()

    mark.locator("..").focus()
    tab.keyboard.press("Enter")
    expect(tip).to_be_visible()

    tab.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    expect(mark.locator("..")).to_be_focused()


@pytest.mark.parametrize("shown", FAULTY, ids=str)
def test_a_faulty_form_says_beside_each_field_what_to_do(shown: Page, world: World, tabs: Callable[[str], tuple[Tab, Watch]]) -> None:
    tab, _ = tabs(shown.who)
    tab.goto(world.url(shown.path))
    assert shown.way
    shown.way(tab, world)

    faulty = tab.locator("[aria-invalid=true]")
    for number in range(faulty.count()):
        names = str(faulty.nth(number).evaluate(_DESCRIBED)).split()
        assert any(tab.locator(f"#{name}").inner_text().strip() for name in names), faulty.nth(number).get_attribute("name")
    assert faulty.count() or tab.get_by_role("alert").count()
