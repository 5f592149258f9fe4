"""Styles are copied from the head of a mail to its elements."""

import pytest

from outbox.mail.styles import with_inline_styles

HEAD = """<head><style>
/* p { color: white } */
p, td { margin: 0; color: red; }
.num { text-align: right }
td.wide { width: 100% }
@media (prefers-color-scheme: dark) { p { color: blue !important } }
</style></head>"""


@pytest.mark.parametrize(
    ("element", "styled"),
    [
        pytest.param("<p>", '<p style="margin: 0; color: red">', id="an element"),
        pytest.param('<b class="num">', '<b class="num" style="text-align: right">', id="a class"),
        pytest.param(
            '<td class="num wide" title="a &gt; b">',
            '<td class="num wide" title="a &gt; b" style="margin: 0; color: red; text-align: right; width: 100%">',
            id="both, in the order of the sheet",
        ),
        pytest.param('<b class="wide">', '<b class="wide">', id="a class of another element"),
        pytest.param("<br>", "<br>", id="nothing"),
    ],
)
def test_an_element_carries_what_the_sheet_has_for_it(element: str, styled: str) -> None:
    assert with_inline_styles(f"{HEAD}<body>{element}</body>") == f"{HEAD}<body>{styled}</body>"


def test_without_a_sheet_a_mail_stays_as_it_is() -> None:
    assert with_inline_styles("<head></head><body><p></body>") == "<head></head><body><p></body>"
