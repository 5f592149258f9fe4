"""Each page, looked at once: light, dark and narrow, by axe and by the browser itself."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page as Tab

from tests.browser.conftest import DESK
from tests.browser.looks import Watch, faults_of
from tests.browser.pages import PAGES, Page
from tests.browser.world import World


@pytest.mark.parametrize("shown", PAGES, ids=str)
def test_a_page_is_sound_in_light_in_dark_and_at_every_width(shown: Page, world: World, tabs: Callable[[str], tuple[Tab, Watch]]) -> None:
    tab, watch = tabs(shown.who)
    tab.set_viewport_size(DESK)
    tab.goto("about:blank")
    watch.expect(shown.status)

    tab.goto(world.url(shown.path))
    if shown.way:
        shown.way(tab, world)
    tab.wait_for_load_state()

    assert watch.status == shown.status, tab.locator("body").inner_text()[:500]
    faults = [*faults_of(tab, shown.name, shop=shown.shop), *watch.complaints]
    assert not faults, "\n".join(faults)
