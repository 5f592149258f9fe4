"""Sellers' descriptions: CommonMark with tables in, harmless HTML out."""

from collections.abc import Sequence
from html import escape

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from marketplace.markdown_bounds import BoundedInline, bound_html, bound_tokens

RENDERER = 1  # raise it when the same text gives other HTML: what is stored is then rendered anew
LONGEST = 50_000  # characters; a longer text is cut, so that nobody's page costs the server seconds
_FIRST_HEADING, _LAST_HEADING = 3, 6  # the page itself has h1 and h2

_TAGS = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "strong", "em", "s", "code", "a"),
    *("table", "thead", "tbody", "tr", "th", "td", "div", "button"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "button": {"type", "data-copy"}, "div": {"role", "tabindex", "aria-label"}}
_CLASSES = {"div": {"snippet", "scroll"}, "button": {"copy"}}


def render_markdown(text: str) -> SafeString:
    """Render a description for any page: no raw HTML, no pictures from elsewhere, links that vouch for nothing.

    nh3 has the last word, so that a mistake in the renderer cannot reach a reader's browser. Called when a text is saved, never for a
    reader: `marketplace.descriptions`.

    Raises:
        TooElaborateError: it costs more than a description may; says what of it.
    """
    html = nh3.clean(
        _parser.render(text[:LONGEST]),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow ugc noopener",
    )
    return mark_safe(bound_html(html))  # noqa: S308  nh3 has just cleaned it


class _Renderer(RendererHTML):
    """Code blocks get our copy button, tables a frame to scroll in; pictures are dropped, for each would be a call to a stranger's host."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        del options, env
        return f'<div class="snippet"><code>{escape(tokens[idx].content.rstrip())}</code>{_COPY}</div>\n'

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return self.fence(tokens, idx, options, env)

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        del tokens, idx, options, env
        return '<div class="scroll" role="region" tabindex="0" aria-label="Table"><table>\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        del tokens, idx, options, env
        return "</table></div>\n"

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        del tokens, idx, options, env
        return ""


_COPY = '<button class="copy" type="button" data-copy>Copy</button>'


def _lower_headings(state: StateCore) -> None:
    """Make `#` and `##` an h3, `###` an h4 and so on: they stand under the page's own headings."""
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(max(int(token.tag[1]) + 1, _FIRST_HEADING), _LAST_HEADING)}"


_parser = MarkdownIt(renderer_cls=_Renderer)
_parser.inline = BoundedInline()
_parser.configure("commonmark", {"html": False}).enable(["table", "strikethrough"])
_parser.core.ruler.push("bounds", bound_tokens)
_parser.core.ruler.push("lower_headings", _lower_headings)
