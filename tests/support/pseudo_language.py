"""Pages in a language that marks what it translates: whatever is seen outside of a mark is written in one language."""

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Final

import pytest
from django.test import Client
from django.utils.translation import trans_real

from common import languages
from tests.support.bare_templates import HUMAN, NAMES, SILENT

BEGINS, ENDS = "⟦", "⟧"
_CONTEXT_ENDS: Final = "\x04"
_MARKED: Final = re.compile(r"⟦[^⟦⟧]*⟧")
_LETTER: Final = re.compile(r"[^\W\d_]")
_WRITES_DAYS: Final = ("ago", "long_day", "day_of_year", "month_of_year", "month", "short_day", "short_month")
_VOID: Final = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def mark_translations(monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    """Let every text that this language translates stand in marks, untranslated; and every day, which Babel writes."""
    catalogue = trans_real.translation(language)
    monkeypatch.setattr(catalogue, "gettext", lambda text: f"{BEGINS}{text.rpartition(_CONTEXT_ENDS)[2]}{ENDS}")
    monkeypatch.setattr(catalogue, "ngettext", lambda one, many, count: f"{BEGINS}{one if count == 1 else many}{ENDS}")
    for name in _WRITES_DAYS:
        write = getattr(languages, name)
        monkeypatch.setattr(languages, name, lambda *given, write=write: f"{BEGINS}{write(*given)}{ENDS}")


def seen_outside_of_marks(html: str, *, names: Iterable[str]) -> list[str]:
    """Return the texts and attributes of a page that hold words outside of marks.

    Args:
        names: beginnings of words that are names, which the test's rows have.
    """
    page = _Page(re.compile("|".join(rf"\b{name}[\w.@/:-]*" for name in names), re.IGNORECASE))
    page.feed(html)
    page.close()
    return page.found


def outside_of_marks_at(client: Client, address: str, *, names: Iterable[str]) -> list[str]:
    """Return what a page says outside of all translations, each with its address, to somebody who reads German."""
    response = client.get(address, headers={"Accept-Language": "de"})
    assert (response.status_code, response["Content-Language"]) == (200, "de"), address
    return [f"{address}: {text}" for text in seen_outside_of_marks(response.content.decode(), names=names)]


class _Page(HTMLParser):
    def __init__(self, names: re.Pattern[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._names = names
        self._silent: list[str] = []
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        # What names its language itself is meant to be in that one.
        if tag not in _VOID and (self._silent or tag in SILENT or ("lang" in given and tag != "html")):
            self._silent.append(tag)
        human = {name: value for name, value in attrs if name in HUMAN}
        if tag == "meta" and given.get("name") == "description":
            human["content"] = given.get("content")
        for name, value in human.items():
            if not self._silent and self._says(_without_marks(value or "")):
                self.found.append(f'{name}="{value}"')

    def handle_endtag(self, tag: str) -> None:
        if self._silent and tag not in _VOID:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        outside = []
        for letter in data:
            self._depth += {BEGINS: 1, ENDS: -1}.get(letter, 0)
            if self._depth == 0 and letter != ENDS:
                outside.append(letter)
        text = "".join(outside)
        if not self._silent and self._says(text):
            self.found.append(" ".join(text.split()))

    def _says(self, text: str) -> bool:
        return bool(_LETTER.search(NAMES.sub("", self._names.sub("", text))))


def _without_marks(text: str) -> str:
    while (shorter := _MARKED.sub("", text)) != text:
        text = shorter
    return text
