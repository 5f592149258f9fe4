"""What makes a page good to look at, measured: nothing complains, nothing overflows, axe finds nothing, and it is light.

Pictures are a fifth of the work. They are kept of what is wrong; of every page where LAYERSTORE_ARTIFACTS names a folder for them.
All that is measured is styles and places, which a browser works out without painting: a tab may be one that never paints.
"""

import os
import re
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response
from playwright.sync_api import Page as Tab

from tests.browser.contrast import COLOUR_RULES, contrast_faults
from tools.stack.instance import ROOT

ASKED_FOR = os.environ.get("LAYERSTORE_ARTIFACTS", "")
ARTIFACTS = Path(ASKED_FOR or ROOT / "var" / "artifacts") / "screenshots"
WIDTHS = (1280, 320, 375, 768, 1920)  # a desk's first, as the tab is anyway: each change lays the page out and paints it
HEIGHT = 900
BUDGET = 100_000
# Not ours to mend: the two empty heads of Django's tabular inlines.
FOREIGN = (".inline-group thead th:empty",)
_OVERFLOWING = """() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const scrolls = (element) => element && (getComputedStyle(element).overflowX !== "visible" || scrolls(element.parentElement));
    const found = [...document.body.querySelectorAll("*")].filter(
        (element) => element.getBoundingClientRect().right > width + 0.5 && !scrolls(element.parentElement));
    return found.slice(0, 3).map((element) => element.outerHTML.slice(0, 120)).concat(`${document.documentElement.scrollWidth} px wide`);
}"""
# Text as wide as a reader may set it (WCAG 2.2, 1.4.12), and fields, whose width counts characters of the font alone, in larger type:
# wider than the fonts of any machine, so what fits here fits with all of them.
_WIDELY_SET = f"""() => {{
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* {{ letter-spacing: .12em !important; word-spacing: .16em !important }}
        input, select, textarea {{ font-size: 1.25rem !important }}`);
    document.adoptedStyleSheets.push(sheet);
    const found = ({_OVERFLOWING})();
    document.adoptedStyleSheets.pop();
    return found;
}}"""
# A frame that is closed to the page around it, as a mail of the sandbox is, cannot be judged through that page. Any other one, of which
# no page has one now, is: all of it but its colours.
_AXE = """async (options) => {
    const foreign = options.foreign.filter((selector) => document.querySelector(selector));
    const where = foreign.length ? { exclude: foreign.map((selector) => [selector]) } : document;
    const rules = Object.fromEntries(options.without.map((rule) => [rule, { enabled: false }]));
    const iframes = [...document.querySelectorAll("iframe")].some((frame) => frame.contentDocument);
    const found = await axe.run(where, { resultTypes: ["violations"], preload: false, iframes, selectors: false, rules });
    return found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" ; ")}`);
}"""
# As Playwright does for its own pictures; axe judges what follows by the same colours. Where nothing is painted, no picture comes into view.
_SETTLE = """async () => {
    for (const one of document.querySelectorAll("img[loading=lazy]")) one.loading = "eager";
    await document.fonts.ready;
    for (const one of document.getAnimations()) one.effect.getComputedTiming().endTime < Infinity ? one.finish() : one.cancel();
}"""
_WEIGHT_AND_SHEETS = """() => [[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .filter((entry) => !/\\.(png|jpe?g|webp|svg)($|\\?)/.test(entry.name))
    .reduce((sum, entry) => sum + entry.encodedBodySize, 0), document.querySelectorAll("link[rel=stylesheet]").length]"""


# Sent once for all pages of a profile, and compiled once: a page that is not asked pays nothing for it.
_AXE_READY = f"Object.defineProperty(window, 'loadAxe', {{ value() {{ {AXE_SCRIPT} }} }});"


def bring_axe(profile: BrowserContext) -> None:
    """Let `faults_of` judge the pages that a browser profile opens from now on."""
    profile.add_init_script(_AXE_READY)


class Watch:
    """Listens to a tab: what fails, what complains, what leaves the stack."""

    def __init__(self, tab: Tab, origins: tuple[str, ...]) -> None:
        self.origins = origins
        self.status = 0
        self.expected = 200
        self.complaints: list[str] = []
        self._under_way: set[Request] = set()
        self._left: set[Request] = set()
        tab.on("console", self._heard)
        tab.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        tab.on("request", self._asked)
        tab.on("requestfinished", self._ended)
        tab.on("requestfailed", self._failed)
        tab.on("response", self._answered)

    def expect(self, status: int) -> None:
        """Begin anew with a page that is answered so."""
        self.expected = status
        self.complaints.clear()
        self._leave()

    def _heard(self, message: ConsoleMessage) -> None:
        answered = f"the server responded with a status of {self.expected} "
        if message.type in {"error", "warning"} and not (self.expected >= 400 and answered in message.text):
            self.complaints.append(f"console: {message.text}")

    def _leave(self) -> None:
        """Another page comes: what is still under way was asked for by the one before."""
        self._left |= self._under_way

    def _asked(self, request: Request) -> None:
        self._under_way.add(request)
        if not request.url.startswith((*self.origins, "data:", "about:")):
            self.complaints.append(f"leaves: {request.url}")

    def _ended(self, request: Request) -> None:
        self._under_way.discard(request)

    def _failed(self, request: Request) -> None:
        self._ended(request)
        # A browser ends what a page still asks for when it leaves that page, and reports it like any other end.
        if not (request in self._left and request.failure == "net::ERR_ABORTED"):
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.request.is_navigation_request() and response.frame.parent_frame is None:
            self.status = response.status
            self._leave()
        elif response.status >= 400:
            self.complaints.append(f"{response.status}: {response.url}")


def make_ready(tab: Tab, scheme: Literal["dark", "light"] = "dark") -> None:
    """Make a tab as wide as a desk, and dark: what is opened next is judged so first."""
    tab.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
    tab.emulate_media(color_scheme=scheme)


def faults_of(tab: Tab, name: str = "", *, shop: bool = True) -> Iterator[str]:
    """Yield what is wrong with the page that the tab shows, as wide as a desk. Pictures are light, dark, and as a phone shows it.

    Args:
        name: what the pictures are called; empty where there shall be none, as of a tab that never paints.
        shop: whether the page is made of our templates: then it is light, and has one style sheet.
    """
    tab.evaluate("loadAxe()")
    for scheme in ("dark", "light"):
        tab.emulate_media(color_scheme=scheme)
        found = [*_contrast(tab, scheme), *(_structure(tab, scheme) if scheme == "light" else [])]
        if name and (found or ASKED_FOR):
            _keep(tab, f"{name}.{scheme}")
        yield from found
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": HEIGHT})
        found = _overflowing(tab, f"{width} px")
        if width == 375 and tab.evaluate(
            "Boolean(document.querySelector('#changelist'))"
        ):  # Django lays its lists out anew here, and links come to stand in text
            found += _contrast(tab, "375 px")
        if name and (found or (ASKED_FOR and width == 375)):
            _keep(tab, f"{name}.{width}")
        yield from found
        if width == min(WIDTHS):
            yield from _overflowing(tab, f"{width} px, widely set", _WIDELY_SET)
    if shop:
        weight, sheets = tab.evaluate(_WEIGHT_AND_SHEETS)
        if weight > BUDGET:
            yield f"weighs {weight} bytes"
        if sheets != 1:
            yield "has not one style sheet"


def _contrast(tab: Tab, seen: str) -> list[str]:
    """Return what axe finds against the colours."""
    tab.evaluate(_SETTLE)
    return [f"axe, {seen}: {found}" for found in contrast_faults(tab)]


def _structure(tab: Tab, seen: str) -> list[str]:
    """Return what axe finds by all the rules that are not about colours."""
    return [f"axe, {seen}: {found}" for found in tab.evaluate(_AXE, {"foreign": FOREIGN, "without": COLOUR_RULES})]


def _overflowing(tab: Tab, seen: str, question: str = _OVERFLOWING) -> list[str]:
    """Return what is wider than the page."""
    return [f"overflows at {seen}: {found}" for found in tab.evaluate(question)]


def _keep(tab: Tab, name: str) -> None:
    """Keep a picture of the whole page. Asked for by Chromium's own protocol it takes half the time: the file may be larger."""
    tab.evaluate(_SETTLE)
    chromium = tab.context.new_cdp_session(tab)
    whole = {**chromium.send("Page.getLayoutMetrics")["cssContentSize"], "scale": 1}
    picture = chromium.send("Page.captureScreenshot", {"clip": whole, "captureBeyondViewport": True, "optimizeForSpeed": True})
    chromium.detach()
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    (ARTIFACTS / f"{re.sub(r'[^a-z0-9.-]', '-', name)}.png").write_bytes(b64decode(picture["data"]))
