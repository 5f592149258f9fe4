"""The text of a mail, made from its HTML: both say the same, in words and in links."""

from html.parser import HTMLParser
from typing import Final

_PARAGRAPH, _LINE, _SPACE = "\n\n", "\n", " "
_SIGNATURE: Final = "\n\n-- \n"  # RFC 3676, section 4.3: mail programs set what follows apart, and leave it out of replies
# What separates an element from what stands before and after it.
_AROUND: Final = dict.fromkeys(("h1", "p", "pre", "table", "ul"), _PARAGRAPH) | dict.fromkeys(("br", "li", "tr"), _LINE)
_BY_CLASS: Final = {"foot": _SIGNATURE}
_UNSAID_ELEMENTS: Final = frozenset({"head"})
_UNSAID_CLASS: Final = "only-html"  # what a text does without: the name at the head, a button's address written out below it
_WITHOUT_END: Final = frozenset({"br", "meta"})


def text_of(html: str) -> str:
    """Return a mail's HTML as plain text, with one newline at its end.

    Paragraphs have an empty line between them; the row of a table is one line, `Order: 1A2B3C`. The address that a link leads to stands
    on a line of its own after the paragraph, unless it is the link's text.
    """
    writer = _Writer()
    writer.feed(html)
    writer.close()
    return writer.text.strip() + "\n"


class _Writer(HTMLParser):
    """Writes what is said, and before it the widest separation that was asked for since."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self._gap = ""
        self._paragraph = 0  # where it begins in the text
        self._unsaid = 0  # how many elements deep
        self._verbatim = False
        self._link, self._link_begins, self._link_ends = "", 0, 0
        self._links: list[str] = []  # of this paragraph

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        classes = (values.get("class") or "").split()
        if self._unsaid or tag in _UNSAID_ELEMENTS or _UNSAID_CLASS in classes:
            self._unsaid += tag not in _WITHOUT_END
            return
        self._separate(next((_BY_CLASS[name] for name in classes if name in _BY_CLASS), _AROUND.get(tag, "")))
        self._verbatim = self._verbatim or tag == "pre"
        if tag == "a":
            self._link, self._link_begins = values.get("href") or "", len(self.text)

    def handle_endtag(self, tag: str) -> None:
        if self._unsaid:
            self._unsaid -= 1
            return
        if tag == "th":
            self._say(":")
            self._separate(_SPACE)
        if tag == "a":
            self._link_ends = len(self.text)
            if self._link != self.text[self._link_begins :].strip():
                self._links.append(self._link)
        self._verbatim = self._verbatim and tag != "pre"
        self._separate(_AROUND.get(tag, ""))

    def handle_data(self, data: str) -> None:
        if self._unsaid:
            return
        if self._verbatim:
            self._say(data)
            return
        if data[:1].isspace():
            self._separate(_SPACE)
        if words := " ".join(data.split()):
            self._say(words)
            self._separate(_SPACE if data[-1].isspace() else "")

    def _separate(self, gap: str) -> None:
        if len(gap) >= len(_PARAGRAPH):
            self._write_links()
        self._gap = max(self._gap, gap, key=len)

    def _say(self, words: str) -> None:
        if len(self._gap) >= len(_PARAGRAPH):
            self._paragraph = len(self.text) + len(self._gap)
        self.text += self._gap + words
        self._gap = ""

    def _write_links(self) -> None:
        """Write the addresses of the paragraph below it; a paragraph that is nothing but a link introduces its address by a colon."""
        if self._links and self._link_begins <= self._paragraph and self._link_ends == len(self.text):
            self.text += ":"
        self.text += "".join(f"\n{link}" for link in self._links)
        self._links.clear()
