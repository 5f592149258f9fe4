"""A page in one of its states, and the ways to states that an address alone does not lead to."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import resolve
from playwright.sync_api import Page as Tab

from tests.browser.world import World

Way = Callable[[Tab, World], object]
VISITOR = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page in one state.

    Attributes:
        name: what its pictures are called.
        path: with the world's names in braces; `sandbox:` begins a page of the sandbox.
        who: the user name of who looks at it; nobody is signed in for a visitor.
        status: what it is answered with.
        way: how to get there from the path, where an address alone does not lead.
        lands: the name of the address at which the way ends, where that is another than the path's.
        shop: False for pages that are not made of our templates and style sheet.
    """

    name: str
    path: str
    who: str = VISITOR
    status: int = 200
    way: Way | None = None
    lands: str = ""
    shop: bool = True

    def __str__(self) -> str:
        return self.name

    @property
    def route(self) -> str:
        """The name of its address; empty for the sandbox's."""
        path = self.path.partition("?")[0].format_map(_Any())
        return "" if path.startswith("sandbox:") else resolve(path).view_name


class _Any(dict[str, str]):
    """A value for every name, such as an address takes."""

    def __missing__(self, name: str) -> str:
        return {"webauthn": "1", "reset": "1-x"}.get(name, "0190a000-0000-7000-8000-000000000000")


def submit(**fields: str) -> Way:
    """Fill the form of the page in and send it, past the browser's own checks."""

    def way(tab: Tab, world: World) -> None:
        form = tab.locator("main form[method=post]").first
        for name, value in fields.items():
            form.locator(f"[name={name}]").fill(value)
        form.evaluate("form => { form.noValidate = true; }")
        with tab.expect_navigation():
            form.locator("button:not([type=button])").first.click()

    return way


def submit_too_old() -> Way:
    """Send the form of the page as if somebody had signed in or out since."""

    def way(tab: Tab, world: World) -> None:
        form = tab.locator("main form[method=post]").first
        form.locator("[name=csrfmiddlewaretoken]").evaluate("field => { field.value = 'x'.repeat(64); }")
        submit()(tab, world)

    return way


def press(name: str) -> Way:
    """Press the button of a name, which sends a form."""

    def way(tab: Tab, world: World) -> None:
        with tab.expect_navigation():
            tab.get_by_role("button", name=name).first.click()

    return way


def unfold(selector: str) -> Way:
    """Click what unfolds a part of the page."""

    def way(tab: Tab, world: World) -> None:
        tab.locator(selector).first.click()

    return way
