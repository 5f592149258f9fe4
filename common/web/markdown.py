"""Renders sellers' descriptions: GitHub's markdown, with harmless HTML in it, to harmless HTML."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, Final

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, pgettext
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from common.web.markdown_bounds import BoundedInline, bound_html, bound_tokens

RENDERER = 3  # raise it when the same text gives different HTML: what is stored is then rendered again
LONGEST = 50_000  # characters; a longer text is cut, so that nobody's page costs the server seconds
_PREFIX: Final = "readme-"  # of anchors, which must not be mistaken for the page's own
_MOST_ANCHORS: Final = 1_000  # headings behind these have no name
_FIRST_HEADING, _LAST_HEADING = 3, 6  # the page itself has h1 and h2

_BLOCKS = {"p", "div", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"}
_WRITTEN = {  # what may stand in a text, as markdown or as HTML
    *_BLOCKS,
    *("br", "hr", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "details", "summary"),
    *("a", "strong", "b", "em", "i", "s", "del", "ins", "code", "kbd", "samp", "var", "sub", "sup", "mark", "small", "abbr", "q", "span"),
}
_ATTRIBUTES = {
    "a": {"href", "title", "id", "name"},
    "abbr": {"title"},
    "ol": {"start"},
    "details": {"open"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
} | {heading: {"id"} for heading in ("h3", "h4", "h5", "h6")}
_VALUES = {tag: {"align": {"left", "center", "right"}} for tag in _BLOCKS} | {"span": {"role": {"img"}, "aria-label": {"done", "to do"}}}
_TASK = {"span": {"task", "done"}}

# What we put around code and tables afterwards; nobody can write it, for a button that copies must copy what stands beside it.
_COPY = '<button class="copy" type="button" data-copy>Copy</button>'
_SHOWN = _WRITTEN | {"button"}
_SHOWN_ATTRIBUTES = _ATTRIBUTES | {"button": {"type", "data-copy"}, "div": {"role", "tabindex", "aria-label"}}
_SHOWN_CLASSES = _TASK | {"div": {"snippet", "scroll"}, "button": {"copy"}}


def render_markdown(text: str) -> SafeString:
    """Render a description for any page: nothing that runs, no pictures from elsewhere, links that vouch for nothing.

    Headings are anchors, links within the text lead to them, and `/northgrid/postgres` to a page of the shop. Of any other relative link,
    which meant a file beside the text, the words alone are left.
    nh3 has the last word, so that a mistake in the renderer cannot reach a reader's browser. Called when a text is saved, never for a
    reader: `marketplace.products.descriptions`.

    Raises:
        TooElaborateError: it costs more than a description may; says what of it.
    """
    written = _CLEAN_WRITTEN.clean(_parser.render(text[:LONGEST]))
    return mark_safe(bound_html(_CLEAN_SHOWN.clean(_furnish(written))))  # noqa: S308  nh3 has just cleaned it


def in_readers_language(html: str) -> SafeString:
    """Translate the words that `render_markdown` puts around what was written: what is stored has them in English.

    Each stands beside an end of a tag, which a text cannot have: nothing that was written is changed.
    """
    for around, word, translated in (
        ('data-copy="">{}</button>', "Copy", gettext("Copy")),
        ('aria-label="{}"><table>', "Table", gettext("Table")),
        ('aria-label="{}"></span>', "done", pgettext("task", "done")),
        ('aria-label="{}"></span>', "to do", pgettext("task", "to do")),
    ):
        html = html.replace(around.format(word), around.format(escape(translated)))
    return mark_safe(html)  # noqa: S308  `render_markdown` made it


def _within(url: str) -> str | None:
    """Keep what leads within the text or the shop: no backslash, blank or `%`, with which an address can be another than it looks."""
    if url.startswith("#"):
        return f"#{_PREFIX}{url[1:].removeprefix(_PREFIX)}"
    return url if _PATH.fullmatch(url) else None


def _bounded(_tag: str, attribute: str, value: str) -> str | None:
    """Keep cells that span a sensible number of others; give old-fashioned anchors the prefix that ids get."""
    if attribute in {"colspan", "rowspan"}:
        return value if re.fullmatch(r"[1-9]\d?", value) else None
    return _PREFIX + value if attribute == "name" else value


def _cleaner(tags: set[str], **more: Any) -> nh3.Cleaner:
    schemes, rel = {"http", "https", "mailto"}, "nofollow ugc noopener"
    return nh3.Cleaner(tags=tags, url_schemes=schemes, link_rel=rel, url_relative=_within, tag_attribute_values=_VALUES, **more)


_CLEAN_WRITTEN: Final = _cleaner(_WRITTEN, attributes=_ATTRIBUTES, allowed_classes=_TASK, attribute_filter=_bounded, id_prefix=_PREFIX)
_CLEAN_SHOWN: Final = _cleaner(_SHOWN, attributes=_SHOWN_ATTRIBUTES, allowed_classes=_SHOWN_CLASSES)

_PATH: Final = re.compile(r"/(?!/)[\w./~?&=+#-]*", re.ASCII)
_ATTRIBUTE_TEXT = r'(?: [a-z-]+="[^"]*")*'  # as nh3 writes them
_LINK = re.compile(rf"<a({_ATTRIBUTE_TEXT})>(.*?)</a>", re.DOTALL)
_EMPTY_LINK = re.compile(rf"<a{_ATTRIBUTE_TEXT}>\s*</a>")
_EMPTY_PARAGRAPH = re.compile(rf"<p{_ATTRIBUTE_TEXT}>\s*</p>\n?")
_CODE_BLOCK = re.compile(r"<pre>(.*?)</pre>", re.DOTALL)
_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)


def _furnish(html: str) -> str:
    """Give code blocks a copy button and tables a frame to scroll in; take away links to nowhere, and what held a dropped picture."""
    html = _LINK.sub(lambda found: found[0] if re.search(" (?:href|id|name)=", found[1]) else found[2], html)
    html = _EMPTY_LINK.sub(lambda found: found[0] if " id=" in found[0] or " name=" in found[0] else "", html)
    html = _EMPTY_PARAGRAPH.sub("", html)
    html = _CODE_BLOCK.sub(lambda found: f'<div class="snippet"><code>{_plain(found[1])}</code>{_COPY}</div>', html)
    return _TABLE.sub(lambda found: f'<div class="scroll" role="region" tabindex="0" aria-label="Table">{found[0]}</div>', html)


def _plain(html: str) -> str:
    return re.sub(r"<[^>]*>", "", html).strip("\n")


class _Renderer(RendererHTML):
    """Code blocks are plain text; pictures are dropped, for each would be a call to a stranger's host."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        del options, env
        return f"<pre><code>{escape(tokens[idx].content.rstrip())}</code></pre>\n"

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return self.fence(tokens, idx, options, env)

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        del tokens, idx, options, env
        return ""


def _lowered(level: int) -> int:
    return min(max(level + 1, _FIRST_HEADING), _LAST_HEADING)


def _lower_headings(state: StateCore) -> None:
    """Make `#` and `##` an h3, `###` an h4 and so on, written either way: they stand under the page's own headings."""
    for token in _all(state.tokens):
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{_lowered(int(token.tag[1]))}"
        elif token.type in {"html_block", "html_inline"}:
            token.content = _HTML_HEADING.sub(lambda found: f"{found[1]}h{_lowered(int(found[2]))}", token.content)


_HTML_HEADING = re.compile(r"(</?)h([1-6])\b", re.IGNORECASE)


def _name_headings(state: StateCore) -> None:
    """Name each heading as GitHub does: small letters, hyphens for spaces, a number behind a name that was there before."""
    seen: Counter[str] = Counter()
    for opening, inline in zip(state.tokens, state.tokens[1:], strict=False):
        if opening.type == "heading_open" and seen.total() < _MOST_ANCHORS:
            text = "".join(child.content for child in inline.children or () if child.type in {"text", "code_inline"})
            name = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
            opening.attrSet("id", f"{name}-{seen[name]}" if seen[name] else name)
            seen[name] += 1


def _mark_tasks(state: StateCore) -> None:
    """Draw `[ ]` and `[x]` at the beginning of a list's item as boxes."""
    for item, paragraph, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if item.type != "list_item_open" or paragraph.type != "paragraph_open" or not inline.children:
            continue
        first = inline.children[0]
        if box := re.match(r"\[([ xX])\] ", first.content):
            done = box[1] != " "
            first.content = first.content[box.end() :]
            html = f'<span class="task{" done" * done}" role="img" aria-label="{"done" if done else "to do"}"></span> '
            inline.children.insert(0, Token("html_inline", "", 0, content=html))


def _align_cells(state: StateCore) -> None:
    """Say with an attribute what the parser says with a style, which the site's Content-Security-Policy forbids."""
    for token in state.tokens:
        if token.type in {"th_open", "td_open"} and "style" in token.attrs:
            token.attrs = {"align": str(token.attrs["style"]).removeprefix("text-align:")}


def _all(tokens: Iterable[Token]) -> Iterable[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()


_parser = MarkdownIt(renderer_cls=_Renderer)
_parser.inline = BoundedInline()
_parser.configure("commonmark", {"html": True, "linkify": True}).enable(["table", "strikethrough", "linkify"])
for _rule in (bound_tokens, _lower_headings, _name_headings, _mark_tasks, _align_cells):
    _parser.core.ruler.push(_rule.__name__, _rule)
