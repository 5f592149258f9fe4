"""The text of a mail from its HTML."""

import pytest

from outbox.mail.plain_text import text_of


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param("<h1>One</h1>\n<p>two\n  three</p><p>four</p>", "One\n\ntwo three\n\nfour\n", id="paragraphs"),
        pytest.param("<p>a<b>b</b> <i>c</i>\n<b>d</b></p>", "ab c d\n", id="inline elements keep their spaces"),
        pytest.param("<p>a<br>b</p>", "a\nb\n", id="a line break"),
        pytest.param("<p>R&amp;D &lt;b&gt; &#x27;x&#x27;</p>", "R&D <b> 'x'\n", id="escapes"),
        pytest.param("<pre>docker tag  A\ndocker push A</pre><p>b</p>", "docker tag  A\ndocker push A\n\nb\n", id="commands as they are"),
        pytest.param(
            '<p>x</p><table>\n<tr><th scope="row">Order</th><td>1</td></tr>\n<tr><th>Paid</th> <td>2</td></tr></table><p>y</p>',
            "x\n\nOrder: 1\nPaid: 2\n\ny\n",
            id="a row is a line",
        ),
        pytest.param("<p>x:</p><ul><li>a</li>\n<li>b</li></ul>", "x:\n\na\nb\n", id="so is an item"),
        pytest.param('<p><a href="http://a/?b=1&amp;c=2">Go on</a></p><p>x</p>', "Go on:\nhttp://a/?b=1&c=2\n\nx\n", id="a button"),
        pytest.param('<p>If not, <a href="http://a/">do</a> now.</p>', "If not, do now.\nhttp://a/\n", id="a link in a sentence"),
        pytest.param('<p><a href="http://a/">Do</a> it.</p>', "Do it.\nhttp://a/\n", id="a link that begins one"),
        pytest.param('<p><a href="http://a/">a</a> or <a href="http://b/">b</a></p>', "a or b\nhttp://a/\nhttp://b/\n", id="two links"),
        pytest.param('<p>See <a href="http://a/"> http://a/ </a></p>', "See http://a/\n", id="a link that is its own text"),
        pytest.param(
            '<html><head><meta charset="utf-8"><title>T</title></head><body><div class="only-html"><b>L<br></b></div><p>x</p></body>',
            "x\n",
            id="what only HTML has",
        ),
        pytest.param('<p>x</p><div class="foot"><p class="foot-line">y</p><p>z</p></div>', "x\n\n-- \ny\n\nz\n", id="the foot"),
        pytest.param("", "\n", id="nothing"),
    ],
)
def test_text_is_laid_out_as_its_html(html: str, text: str) -> None:
    assert text_of(html) == text
