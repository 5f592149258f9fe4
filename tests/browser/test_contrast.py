"""What is remembered of the looks of texts is only what axe has measured: nothing faint passes because something like it did."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page

from tests.browser import contrast
from tests.browser.contrast import contrast_faults

STYLE = "<!doctype html><html lang=en><title>Texts</title><style>body { color: #000; background: #fff } .faint { color: #bbb }</style>"
BEHIND = "<style>.box { position: absolute; top: 0; left: 0; width: 500px; height: 200px; background: #111; z-index: -1 }</style>"
LINKS = "<style>a { color: #00008b; text-decoration: none }</style>"


@pytest.fixture
def tab(chromium: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """A tab, and nothing remembered yet."""
    monkeypatch.setattr(contrast, "_KNOWN", set())
    page = chromium.new_page()
    yield page
    page.close()


def judge(tab: Page, body: str) -> list[str]:
    tab.set_content(f"{STYLE}<main>{body}</main>")
    tab.evaluate(AXE_SCRIPT)
    return contrast_faults(tab)


def kinds(faults: list[str]) -> list[str]:
    return [fault.partition(":")[0] for fault in faults]


def test_a_look_that_was_measured_and_is_sound_is_not_judged_again(tab: Page) -> None:
    assert judge(tab, "<p>One.</p>") == []

    tab.set_content(f"{STYLE}<main><div><p>Another.</p></div></main>")
    tab.evaluate(AXE_SCRIPT)
    tab.evaluate("() => { axe.run = () => { throw new Error('asked'); }; }")

    assert contrast_faults(tab) == []


def test_a_faint_text_is_found_on_every_page(tab: Page) -> None:
    for _ in range(2):
        assert kinds(judge(tab, "<p>Sound.</p><p class=faint>Faint.</p>")) == ["color-contrast"]


def test_a_sound_look_on_another_ground_is_judged(tab: Page) -> None:
    assert judge(tab, "<p>Sound.</p>") == []

    assert kinds(judge(tab, "<div style='background: #111'><p>Dark on dark.</p></div>")) == ["color-contrast"]
    assert kinds(judge(tab, "<div style='opacity: .3'><p>Nearly gone.</p></div>")) == ["color-contrast"]


def test_what_lies_behind_a_text_without_being_around_it_counts(tab: Page) -> None:
    assert judge(tab, f"{BEHIND}<p>Sound.</p>") == []

    assert kinds(judge(tab, f"{BEHIND}<p>Dark on dark.</p><div class=box></div>")) == ["color-contrast"]


def test_a_text_that_nobody_saw_says_nothing_of_one_that_is_seen(tab: Page) -> None:
    assert judge(tab, "<p class=faint style='position: absolute; left: -9999px'>Away.</p>") == []

    assert kinds(judge(tab, "<p class=faint style='position: absolute; left: 9px'>Here.</p>")) == ["color-contrast"]


def test_large_text_says_nothing_of_small(tab: Page) -> None:
    grey = "<style>p { color: #888 }</style>"
    assert judge(tab, f"{grey}<p style='font-size: 40px'>Large.</p>") == []

    assert kinds(judge(tab, f"{grey}<p>Small.</p>")) == ["color-contrast"]


def test_a_link_alone_says_nothing_of_one_among_words(tab: Page) -> None:
    assert judge(tab, f"{LINKS}<p><a href=/>Alone.</a></p>") == []

    assert kinds(judge(tab, f"{LINKS}<p>Words, and a link: <a href=/>Here.</a></p>")) == ["link-in-text-block"]


def test_a_link_says_nothing_of_the_same_one_among_words_that_are_more_like_it(tab: Page) -> None:
    own = "<style>a { font: 16px serif }</style>"
    assert judge(tab, f"{LINKS}{own}<p style='font: bold 16px sans-serif'>Words, and a link: <a href=/>Here.</a></p>") == []

    assert kinds(judge(tab, f"{LINKS}{own}<p style='font: 16px serif'>Words, and a link: <a href=/>Here.</a></p>")) == [
        "link-in-text-block"
    ]


def test_what_a_closed_part_of_a_page_holds_is_judged_when_it_is_open(tab: Page) -> None:
    assert judge(tab, "<details><summary>More</summary><p class=faint>Inside.</p></details>") == []

    assert kinds(judge(tab, "<details open><summary>More</summary><p class=faint>Inside.</p></details>")) == ["color-contrast"]


def test_what_only_screen_readers_speak_of_is_not_judged(tab: Page) -> None:
    clip = "position: absolute; width: 1px; height: 1px; overflow: hidden; white-space: nowrap; clip-path: inset(50%)"

    assert judge(tab, f"<div style='{clip}'><p class=faint>Spoken.</p></div>") == []
    assert tab.evaluate("axe.texts.length") == 0
