"""Chromium of this machine, a shop full of people and goods, and tabs to look at it."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from tests.browser.looks import HEIGHT, Watch, bring_axe
from tests.browser.world import World, make_world
from tests.support.stack import LiveStack, running_stack

CHROMIUM = "/usr/bin/chromium-headless-shell"  # as a desktop browser renders, for two thirds of its processor time
# Our pages do not share a process with pages before them (COOP): a new one for each takes a third as long as looking at it. Here one
# process shows all pages, keeps what it has compiled, as axe's 600 kB, and collects its garbage less often. What it would optimize
# goes with the page: it is compiled once and runs as it is.
V8 = "--js-flags=--no-flush-bytecode,--min-semi-space-size=64,--no-opt,--no-maglev"
ONE_PROCESS = ["--disable-site-isolation-trials", "--renderer-process-limit=1", V8]
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", *ONE_PROCESS]
DESK = ViewportSize(width=1280, height=HEIGHT)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    # Playwright runs a loop in this thread, and Django takes that for asynchronous code that must not touch the database.
    # Both end with this folder: tests beside it run loops of their own.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Page]:
    """A fresh browser profile with one tab; a script that fails or breaks the policy fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert complaints == []


@pytest.fixture(scope="package")
def stack() -> Iterator[LiveStack]:
    """A whole stack of this folder's own, on which nobody is throttled."""
    with running_stack(settings={"LAYERSTORE_API_RATE": "100000/min"}) as live:
        yield live


@pytest.fixture(scope="package")
def world(stack: LiveStack) -> World:
    """The shop, with people in it and rows of every state."""
    return make_world(stack)


@pytest.fixture(scope="package")
def tabs(chromium: Browser, world: World) -> Iterator[Callable[[str], tuple[Page, Watch]]]:
    """Give the watched tab of a user name, signed in; nobody is for the empty name. One tab each, kept for all tests."""
    origins = (world.stack.url, world.stack.instance.sandbox_url)
    opened: dict[str, tuple[Page, Watch]] = {}
    with ExitStack() as undo:

        def tab_of(who: str) -> tuple[Page, Watch]:
            if who not in opened:
                context = chromium.new_context(viewport=DESK, color_scheme="light")
                undo.callback(context.close)
                bring_axe(context)
                sign_in(context, world, who)
                page = context.new_page()
                opened[who] = page, Watch(page, origins)
            return opened[who]

        yield tab_of


@pytest.fixture(scope="package")
def still_tabs(chromium: Browser, world: World, tabs: Callable[[str], tuple[Page, Watch]]) -> Callable[[str], tuple[Page, Watch]]:
    """Give a second tab of a user name, which never paints: for all that is measured and not seen. Nothing can be clicked in it."""
    origins = (world.stack.url, world.stack.instance.sandbox_url)
    opened: dict[str, tuple[Page, Watch]] = {}

    def tab_of(who: str) -> tuple[Page, Watch]:
        if who not in opened:
            page = open_still(chromium, tabs(who)[0])
            opened[who] = page, Watch(page, origins)
        return opened[who]

    return tab_of


def open_still(chromium: Browser, beside: Page) -> Page:
    """Open a tab that never paints, in the profile of another one: it waits for a command to paint, which nobody gives."""
    protocol = beside.context.new_cdp_session(beside)
    profile = protocol.send("Target.getTargetInfo")["targetInfo"]["browserContextId"]
    protocol.detach()
    whole = chromium.new_browser_cdp_session()
    with beside.context.expect_page() as opened:
        whole.send("Target.createTarget", {"url": "about:blank", "browserContextId": profile, "enableBeginFrameControl": True})
    whole.detach()
    return opened.value


@pytest.fixture
def visitor(chromium: Browser, world: World) -> Iterator[Page]:
    """A stranger's tab; whatever a page complains of fails the test."""
    context = chromium.new_context(viewport=DESK)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=world.stack.url)
    page = context.new_page()
    watch = Watch(page, (world.stack.url, world.stack.instance.sandbox_url))
    yield page
    context.close()
    assert watch.complaints == []


def sign_in(context: BrowserContext, world: World, who: str) -> None:
    """Give a browser profile the session of a user."""
    if who:
        context.add_cookies([{"name": "layerstore_session", "value": world.sessions[who], "url": world.stack.url}])
