"""How pages write amounts, sizes, digests and times."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.template import Context, RequestContext, Template
from django.test import RequestFactory

from common.web.templatetags.display import money, relative, short, size

NOW = datetime(2026, 11, 22, 23, 14, 2, tzinfo=UTC)
DIGEST = "sha256:cb6b68e3b0bc991b163932702add9f8c34a194e978f5fb0f50887ad1f29cc3ec"


def render(template: str, **context: object) -> str:
    return Template("{% load display %}" + template).render(Context(context))


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        pytest.param(4900, "eur", "€49.00", id="euro"),
        pytest.param(500, "jpy", "¥500", id="a currency without minor units"),
        pytest.param(123450, "CHF", "CHF 1,234.50", id="a currency without a sign"),
        pytest.param(0, "eur", "Free", id="nothing to pay"),
        pytest.param(None, "eur", "", id="no price"),
    ],
)
def test_a_price_is_written_for_its_currency(minor: int | None, currency: str, text: str) -> None:
    assert money(minor, currency) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (30_700, "30.7 kB"),
        (999_960, "1.0 MB"),
        (137_600_000, "137.6 MB"),
        (5 * 10**15, "5000.0 TB"),
        (None, ""),
    ],
)
def test_bytes_are_written_as_docker_writes_them(count: int | None, text: str) -> None:
    assert size(count) == text


def test_a_digest_is_short_and_whole_on_hover() -> None:
    assert render("{% digest d %}", d=DIGEST) == f'<code title="{DIGEST}">cb6b68e3b0bc</code>'
    assert short(None) == ""
    assert "none" in render("{% digest d %}", d=None)


@pytest.mark.parametrize(
    ("away", "text"),
    [
        (timedelta(seconds=-3), "just now"),
        (timedelta(seconds=20), "in less than a minute"),
        (timedelta(minutes=-1), "1 minute ago"),
        (timedelta(hours=-5), "5 hours ago"),
        (timedelta(days=-2), "2 days ago"),
        (timedelta(days=-21), "3 weeks ago"),
        (timedelta(days=14), "in 2 weeks"),
        (timedelta(days=-70), "2 months ago"),
        (timedelta(days=-800), "2 years ago"),
    ],
)
def test_a_time_is_relative(away: timedelta, text: str) -> None:
    assert relative(NOW + away, NOW) == text


@time_machine.travel(NOW, tick=False)
def test_a_time_has_its_exact_utc_on_hover() -> None:
    assert render("{% when t %}", t=NOW - timedelta(days=2)) == (
        '<time datetime="2026-11-20T23:14:02Z" title="2026-11-20 23:14:02 UTC">2 days ago</time>'
    )
    assert render("{% when t 'not used' %}", t=None) == "not used"


def test_a_day_on_a_receipt_does_not_move() -> None:
    assert (
        render("{% on_day t %}", t=NOW) == '<time datetime="2026-11-22T23:14:02Z" title="2026-11-22 23:14:02 UTC">22 November 2026</time>'
    )
    assert render("{% on_day t %}", t=None) == ""


def test_a_command_can_be_copied_and_cannot_break_out() -> None:
    html = render("{% command 'docker pull' ref %}", ref="h/<script>:1")

    assert "<code>docker pull h/&lt;script&gt;:1</code>" in html
    assert "data-copy" in html


def test_a_filter_is_taken_off_and_a_page_is_changed_without_losing_the_rest() -> None:
    request = RequestFactory().get("/search/?q=db&platform=linux/amd64&platform=linux/arm64&page=3")

    def show(tag: str) -> str:
        return Template("{% load display %}" + tag).render(RequestContext(request, {}))

    assert show("{% query page=4 %}") == "?q=db&amp;platform=linux%2Famd64&amp;platform=linux%2Farm64&amp;page=4"
    assert show("{% without 'platform' 'linux/arm64' %}") == "?q=db&amp;platform=linux%2Famd64"


def test_an_icon_is_decoration() -> None:
    assert 'aria-hidden="true"' in render("{% icon 'check' %}")
