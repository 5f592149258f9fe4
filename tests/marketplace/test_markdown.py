"""What a seller writes is shown to strangers: nothing in it may run, call home or vouch."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.markdown import LONGEST, render_markdown

ALLOWED = {
    "a": {"href", "title", "rel"},
    "button": {"class", "type", "data-copy"},
    "div": {"class", "role", "tabindex", "aria-label"},
    "ol": {"start"},
}

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
        assert set(attributes) <= ALLOWED.get(tag, set()), (tag, attributes)
        if tag == "a":
            assert attributes["rel"] == "nofollow ugc noopener"
            target = (attributes.get("href") or "").strip().lower()
            scheme = target.partition(":")[0] if ":" in target.partition("/")[0] else ""
            assert scheme in {"", "http", "https", "mailto"}


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


def test_headings_stand_below_those_of_the_page() -> None:
    assert render_markdown("# One\n\n## Two\n\n### Three\n\n###### Six") == "<h3>One</h3>\n<h3>Two</h3>\n<h4>Three</h4>\n<h6>Six</h6>\n"


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
