"""Reading pages as a browser does: what makes a page sound, and what it weighs."""

import gzip
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.contrib.staticfiles import finders

HEAVIEST = 100_000  # bytes of a page with its style sheets and scripts, as they come over the wire
DATA_BLOCKS = {"application/json", "application/ld+json"}  # types of scripts that no browser runs
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Answer(Protocol):
    """What the test client returns, as far as a page needs it."""

    content: bytes


class Page(HTMLParser):
    """Elements of a page, in order, with their attributes; and the elements that were opened and never closed."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.crossed: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.crossed.append(tag)
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"script", "style"}:
            self.words += data.split()

    @property
    def text(self) -> str:
        """What is to be read, with one blank between words."""
        return " ".join(self.words)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]


def assert_sound(response: Answer) -> Page:
    """A page holds no inline style or script, its ids are unique, what refers to an id finds it, every control has a name, and with all it loads it is light."""
    html = response.content.decode()
    page = Page(html)
    assert page.crossed == [], f"closed out of turn: {page.crossed[:3]}"
    assert page.open == []
    ids = Counter(attributes["id"] for _, attributes in page.elements if attributes.get("id"))
    assert [one for one, count in ids.items() if count > 1] == []
    labelled = {attributes.get("for") for attributes in page.all("label")}
    for tag, attributes in page.elements:
        assert "style" not in attributes, (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        for name in ("aria-describedby", "aria-labelledby", "for", "form"):
            for target in (attributes.get(name) or "").split():
                assert target in ids, (tag, name, target)
        if tag in {"input", "select", "textarea"} and attributes.get("type") not in {"hidden", "checkbox", "radio"}:
            assert attributes.get("id") in labelled or "aria-label" in attributes, attributes
        if tag == "img":
            assert {"alt", "width", "height"} <= set(attributes), attributes
    scripts = [attributes for attributes in page.all("script") if attributes.get("type") not in DATA_BLOCKS]
    assert all("src" in attributes for attributes in scripts)
    assert not page.all("style")
    assert len(page.all("h1")) == 1
    assert len(page.all("main")) == 1
    assert weight(response, page) < HEAVIEST
    return page


def weight(response: Answer, page: Page) -> int:
    """Return the bytes of a page, its style sheets and its scripts, each compressed as the edge compresses it. Pictures are not counted."""
    sheets = [attributes["href"] for attributes in page.all("link") if attributes.get("rel") == "stylesheet"]
    files = [*sheets, *(attributes["src"] for attributes in page.all("script") if "src" in attributes)]
    ours = [file for file in files if file and file.startswith(settings.STATIC_URL)]  # Django makes others for the admin
    return _compressed(response.content) + sum(map(_weight_of_file, ours))


@cache
def _weight_of_file(address: str) -> int:
    found = finders.find(address.removeprefix(settings.STATIC_URL))
    assert found, address
    return _compressed(Path(found).read_bytes())


def _compressed(content: bytes) -> int:
    return len(gzip.compress(content, compresslevel=5))
