"""Each page, looked at once: light, dark and narrow, by axe and by the browser itself."""

from collections.abc import Callable
from typing import Literal
from urllib.parse import urlsplit

import pytest
from django.urls import resolve
from playwright.sync_api import Page as Tab

from tests.browser.looks import ASKED_FOR, Watch, faults_of, make_ready
from tests.browser.page import Page
from tests.browser.pages import PAGES
from tests.browser.world import World

Tabs = Callable[[str], tuple[Tab, Watch]]


@pytest.mark.parametrize("shown", PAGES, ids=str)
def test_a_page_is_sound_in_light_in_dark_and_at_every_width(shown: Page, world: World, tabs: Tabs, still_tabs: Tabs) -> None:
    unseen = not (shown.way or ASKED_FOR)  # a way is clicked
    faults = faults_on(shown, world, *(still_tabs if unseen else tabs)(shown.who), pictures=not unseen)
    if faults and unseen:  # once more, for the pictures
        faults += faults_on(shown, world, *tabs(shown.who), pictures=True)
    assert not faults, "\n".join(faults)


def faults_on(shown: Page, world: World, tab: Tab, watch: Watch, *, pictures: bool) -> list[str]:
    make_ready(tab)
    watch.expect(shown.status)

    tab.goto(world.url(shown.path))
    if shown.way:
        shown.way(tab, world)
    tab.wait_for_load_state()

    assert watch.status == shown.status, tab.locator("body").inner_text()[:500]
    if tab.url.startswith(f"{world.stack.url}/"):
        assert resolve(urlsplit(tab.url).path).view_name == (shown.lands or shown.route), "the way led elsewhere"
    return [*faults_of(tab, shown.name if pictures else "", shop=shown.shop), *watch.complaints]


def test_a_failure_of_ours_has_a_page(world: World, tabs: Tabs) -> None:
    world.stack.sql("ALTER TABLE marketplace_category RENAME TO gone")
    try:
        assert faults_at(world, tabs, "/", 500, "error-500") == []
    finally:
        world.stack.sql("ALTER TABLE gone RENAME TO marketplace_category")


def test_a_shop_that_is_away_has_a_page(world: World, tabs: Tabs) -> None:
    world.stack.stop_part("web")
    try:
        # The edge keeps this page as a file: its style comes from the edge too.
        assert faults_at(world, tabs, "/", 503, "error-503") == []
    finally:
        world.stack.start_part("web")


def test_a_page_that_is_opened_light_is_sound(world: World, tabs: Tabs) -> None:
    """The others are opened dark, and turn light while they are open."""
    assert faults_at(world, tabs, "/", 200, "opened-light", scheme="light") == []


def faults_at(
    world: World,
    tabs: Tabs,
    path: str,
    status: int,
    name: str,
    *,
    scheme: Literal["dark", "light"] = "dark",
) -> list[str]:
    tab, watch = tabs("")
    make_ready(tab, scheme)
    watch.expect(status)
    tab.goto(world.url(path))
    assert watch.status == status
    return [*faults_of(tab, name), *watch.complaints]
