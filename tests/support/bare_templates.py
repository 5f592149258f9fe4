"""Finds words in templates that no tag translates."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final

from django.template.base import Lexer, Token, TokenType

# Attributes that people see or hear. `data-th` is the heading of a cell where a table is folded.
HUMAN: Final = {
    "alt",
    "title",
    "placeholder",
    "label",
    "aria-label",
    "aria-description",
    "aria-valuetext",
    "aria-roledescription",
    "data-th",
}
SILENT: Final = {"script", "style", "code", "pre", "kbd", "samp"}
# Names and codes, which are the same in every language; longer ones first.
NAMES: Final = re.compile(
    r"\b(?:Layerstore|Stripe|Docker Hub|Docker|docker compose|docker login|docker pull|docker push|docker|Kubernetes|GitHub Actions|GitLab CI|GitHub|GitLab"
    r"|Linux|CycloneDX|SPDX|OpenAPI|OCI|API|CSV|JSON|HTML|SBOM|UTC|URL|ID|DNS|TXT|Helm|CI|kB|MB|GB|https?|nbsp|lsp_…?)\b"
)
# What is no text though it stands where texts do: the class of an element, its type, the beginning of a digest, an example.
CODES: Final = frozenset(("narrow-mid", "submit", "sha256:…", "acme/postgres-ha", "registry:", "eur"))
_LETTERS: Final = re.compile(r"[^\W\d_]")
_TRANSLATED: Final = re.compile(r"""_\((?:"[^"]*"|'[^']*')\)""")
_LITERAL: Final = re.compile(r"""(?<![_(\w])"([^"]*)"|(?<![_(\w])'([^']*)'""")
_FORMATTED: Final = re.compile(r"\|(?:date|time):")
# Tags whose literals are codes, paths, or are translated already.
_OF_CODES: Final = frozenset(
    (
        *(
            "translate",
            "trans",
            "blocktranslate",
            "endblocktranslate",
            "plural",
            "load",
            "extends",
            "url",
            "static",
            "if",
            "elif",
            "current",
        ),
        *(
            "icon",
            "scenery",
            "cover",
            "avatar",
            "absolute",
            "for",
            "command",
            "ifchanged",
            "without",
            "dropping",
            "period_values",
            "regroup",
        ),
        *("query", "cycle", "element", "slot", "setvar", "block", "endblock", "comment", "json_script"),
    )
)
_OF_WORDS: Final = frozenset(
    ("caption", "help", "title", "label", "aside", "text", "heading", "sentence", "empty", "note", "line", "bars", "name", "words")
)
_INNER: Final = "￼"  # stands for what a tag or a variable writes


def bare_words(source: str) -> list[str]:
    """Return the words of a template that are written in one language: texts, attributes that people see, literals handed to tags."""
    tokens = list(Lexer(source).tokenize())
    page = _Words()
    page.feed("".join(_html(tokens)))
    page.close()
    return [*page.found, *(literal for token in tokens for literal in _literals(token))]


def dates_by_format(source: str) -> list[str]:
    """Return the variables that are written as a date by a fixed format, which is right in one language only."""
    return [
        token.contents for token in Lexer(source).tokenize() if token.token_type is not TokenType.TEXT and _FORMATTED.search(token.contents)
    ]


def _html(tokens: list[Token]) -> Iterator[str]:
    """Yield the texts outside of tags that translate or hide them."""
    ended_by = ""
    for token in tokens:
        tag = token.contents.split(maxsplit=1)[0] if token.token_type is TokenType.BLOCK and token.contents else ""
        if ended_by:
            ended_by = "" if tag == ended_by else ended_by
        elif tag in {"blocktranslate", "comment"}:
            ended_by = f"end{tag}"
            yield _INNER
        elif token.token_type is TokenType.TEXT:
            yield token.contents
        elif token.token_type is TokenType.VAR or tag in {"translate", "include", "field", "when", "on_day"}:
            yield _INNER


def _literals(token: Token) -> Iterator[str]:
    """Yield what a variable's filters or a tag's arguments say in words."""
    if token.token_type is TokenType.VAR:
        filters = token.contents.partition("|")[2]
        yield from (text for text in _texts(filters) if _says(text) and not _FORMATTED.search(token.contents))
    elif token.token_type is TokenType.BLOCK and token.contents:
        tag, _, rest = token.contents.partition(" ")
        if tag not in _OF_CODES:
            named = re.findall(r"""(\w+)=(?<!_\()"([^"]*)\"""", rest)
            yield from (text for name, text in named if name in _OF_WORDS and _says(text))
        if tag in {"when", "include", "with", "firstof"}:
            yield from (
                text for text in _texts(rest) if _says(text) and (" " in text.strip()) and text not in {value for _, value in named}
            )


def _texts(source: str) -> Iterator[str]:
    for double, single in _LITERAL.findall(_TRANSLATED.sub("_", source)):
        yield double or single


def _says(text: str) -> bool:
    return bool(_LETTERS.search(NAMES.sub("", text))) and "/" not in text and "{" not in text and text not in CODES


class _Words(HTMLParser):
    """The texts of a page and of its attributes, without names and what tags write."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in SILENT:
            self._silent.append(tag)
        human = {name: value for name, value in attrs if name in HUMAN}
        if tag == "meta" and given.get("name") == "description":
            human["content"] = given.get("content")
        if tag == "input" and given.get("type") in {"submit", "button"}:
            human["value"] = given.get("value")
        self.found += [f'{name}="{value}"' for name, value in human.items() if value and _says(value)]

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT and tag in self._silent:
            self._silent.remove(tag)

    def handle_data(self, data: str) -> None:
        text = " ".join(data.replace(_INNER, "…").split())
        if not self._silent and _LETTERS.search(NAMES.sub("", text)) and text not in CODES:
            self.found.append(text)
