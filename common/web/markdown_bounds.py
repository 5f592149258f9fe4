"""What a description may cost to render: work is counted, not timed, so that the same text is taken or refused on every machine."""

from typing import Final

from django.utils.translation import gettext
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline

LONGEST_HTML: Final = 250_000  # characters; 50,000 of a dense README file make 180,000
MOST_LOOKS: Final = 50_000  # looks ahead for the end of a link; the README files we know stay below 10,000
MOST_TOKENS: Final = 40_000  # paragraphs, list items, table cells, words in bold; a dense README file has 24,000


class TooElaborateError(ValueError):
    """The text is markdown that costs more than it may. The sentence says what of it."""


class BoundedInline(ParserInline):
    """Finds links and emphasis in a paragraph, and stops looking ahead after so many steps in one text."""

    def skipToken(self, state: StateInline) -> None:  # noqa: N802  markdown-it's name
        looks = state.env["looks"] = state.env.get("looks", 0) + 1
        if looks > MOST_LOOKS:
            raise TooElaborateError(gettext("It has too many square brackets that open no link."))
        super().skipToken(state)


def bound_tokens(state: StateCore) -> None:
    """Refuse a text of very many parts (a core rule).

    Raises:
        TooElaborateError: it has more than `MOST_TOKENS`.
    """
    if sum(1 + len(token.children or ()) for token in state.tokens) > MOST_TOKENS:
        raise TooElaborateError(gettext("It has too many lists, table cells and marked words."))


def bound_html(html: str) -> str:
    """Return the HTML.

    Raises:
        TooElaborateError: it is longer than `LONGEST_HTML`.
    """
    if len(html) > LONGEST_HTML:
        raise TooElaborateError(gettext("It grows too long as a page."))
    return html
