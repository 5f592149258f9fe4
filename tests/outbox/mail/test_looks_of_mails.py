"""Mails are styled in one place, and every text of theirs can be read."""

import re
from typing import Any

import pytest

from outbox.mail.styles import rules_of
from tests.outbox.mail.reading import FOLDER, rendered


def test_styles_are_written_in_one_place() -> None:
    pages = {path: path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.html")}
    worn = {name for text in pages.values() for classes in re.findall(r'class="([^"]+)"', text) for name in classes.split()}
    sheet = (FOLDER / "_style.css").read_text(encoding="utf-8")
    styled = set(re.findall(r"\.([a-z][\w-]*)(?=[^{}]*\{)", re.sub(r"\{[^{}#]*\}", "{}", sheet)))

    assert [path.name for path, text in pages.items() if "style=" in text] == []
    assert styled - worn == set()
    assert worn - styled == {"only-html"}


def test_what_is_copied_wins_as_in_the_sheet() -> None:
    """An attribute has no specificity: its later declaration wins, so classes stand after elements."""
    of_classes = ["." in selector for selector, _ in rules_of(rendered("receipt", "").html)]

    assert of_classes == sorted(of_classes)
    assert True in of_classes


# What stands on what: each colour of a text, on each background below it.
SURFACES: dict[str, str] = {".foot-line": "body", ".foot-link": "body", ".brand": "body", ".btn": ".btn", "pre": "pre", "body": "body"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_both_schemes(scheme: str) -> None:
    colours = colours_of(scheme)
    faint = {
        selector: ratio
        for selector, (colour, _) in colours.items()
        if colour and (ratio := contrast(colour, colours[SURFACES.get(selector, ".sheet")][1])) < 4.5  # WCAG 2.2, 1.4.3
    }

    assert faint == {}
    assert len([colour for colour, _ in colours.values() if colour]) > 7


def colours_of(scheme: str) -> dict[str, tuple[str, str]]:
    """Return the colour and background of each selector."""
    html = rendered("receipt", "").html
    found: dict[str, tuple[str, str]] = {}
    dark = html.partition("(prefers-color-scheme: dark)")[2].partition("</style>")[0]
    for selector, declarations in [*rules_of(html), *(_rules(dark) if scheme == "dark" else ())]:
        before = found.get(selector, ("", ""))
        here = dict(re.findall(r"(?:^|; *| )(color|background-color): (#[0-9a-f]{6})", declarations))
        found[selector] = (here.get("color", before[0]), here.get("background-color", before[1]))
    return found


def _rules(sheet: str) -> list[tuple[str, str]]:
    return [
        (one.strip(), body)
        for selectors, body in re.findall(r"([^{}]+)\{([^{}]+)\}", sheet[sheet.index("{") + 1 :])
        for one in selectors.split(",")
    ]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, "contrast ratio"."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels: Any = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)
