"""Each page, looked at once: light, dark and narrow, by axe and by the browser itself."""

from collections.abc import Callable
from typing import Literal
from urllib.parse import urlsplit

import pytest
from django.urls import resolve
from playwright.sync_api import Page as Tab

from tests.browser.looks import Watch, faults_of, make_ready
from tests.browser.page import Page
from tests.browser.pages import PAGES
from tests.browser.world import World


@pytest.mark.parametrize("shown", PAGES, ids=str)
def test_a_page_is_sound_in_light_in_dark_and_at_every_width(shown: Page, world: World, tabs: Callable[[str], tuple[Tab, Watch]]) -> None:
    tab, watch = tabs(shown.who)
    make_ready(tab)
    watch.expect(shown.status)

    tab.goto(world.url(shown.path))
    if shown.way:
        shown.way(tab, world)
    tab.wait_for_load_state()

    assert watch.status == shown.status, tab.locator("body").inner_text()[:500]
    if tab.url.startswith(f"{world.stack.url}/"):
        assert resolve(urlsplit(tab.url).path).view_name == (shown.lands or shown.route), "the way led elsewhere"
    faults = [*faults_of(tab, shown.name, shop=shown.shop), *watch.complaints]
    assert not faults, "\n".join(faults)


def test_a_failure_of_ours_has_a_page(world: World, tabs: Callable[[str], tuple[Tab, Watch]]) -> None:
    world.stack.sql("ALTER TABLE marketplace_category RENAME TO gone")
    try:
        assert faults_at(world, tabs, "/", 500, "error-500") == []
    finally:
        world.stack.sql("ALTER TABLE gone RENAME TO marketplace_category")


def test_a_shop_that_is_away_has_a_page(world: World, tabs: Callable[[str], tuple[Tab, Watch]]) -> None:
    world.stack.stop_part("web")
    try:
        # The edge keeps this page as a file: its style comes from the edge too.
        assert faults_at(world, tabs, "/", 503, "error-503") == []
    finally:
        world.stack.start_part("web")


def test_a_page_that_is_opened_light_is_sound(world: World, tabs: Callable[[str], tuple[Tab, Watch]]) -> None:
    """The others are opened dark, and turn light while they are open."""
    assert faults_at(world, tabs, "/", 200, "opened-light", scheme="light") == []


def faults_at(
    world: World,
    tabs: Callable[[str], tuple[Tab, Watch]],
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
