"""Every link between a seller's pages says for whom: who sells for several never acts for another on the next page."""

import re
from pathlib import Path

import pytest

from tests.support.routes import site_routes

TEMPLATES = Path("templates")
TAG = r"\{%.*?%\}|\{\{.*?\}\}"
HREF = re.compile(rf'href="((?:{TAG}|[^"])*)"')
NAMED = re.compile(r'\{% url "([\w:]+)"( as \w+)? %\}')
INCLUDED = re.compile(r'\{% include "([\w/]+\.html)"(.*?)%\}')
FILTERED = re.compile(r'<form[^>]*method="get".*?</form>', re.DOTALL)
# Without an id in the address nothing but the query says for whom; the start page asks everybody about themselves.
FOR_WHOM = {route.name for route in site_routes() if route.pattern.startswith("selling/") and not route.parameters} - {"marketplace:start"}


def parts_of(template: str) -> set[str]:
    """The template with all that it includes."""
    found, ahead = set(), [template]
    while ahead:
        name = ahead.pop()
        if name not in found and (TEMPLATES / name).exists():
            found.add(name)
            ahead += [included for included, _ in INCLUDED.findall((TEMPLATES / name).read_text())]
    return found


PAGES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html") if '"_selling_tabs.html"' in path.read_text())
PARTS = sorted(set().union(*(parts_of(page) for page in PAGES)))


def unsaid(html: str) -> list[str]:
    """What of a template leads to a page of the seller's without saying for whom."""
    links = [link for link in HREF.findall(html) if {name for name, _ in NAMED.findall(link)} & FOR_WHOM]
    kept = {variable.removeprefix(" as "): name for name, variable in NAMED.findall(html) if variable and name in FOR_WHOM}
    links += [link for link in HREF.findall(html) if any(re.search(rf"\{{\{{ {variable} ", link) for variable in kept)]
    links += [arguments for _, arguments in INCLUDED.findall(html) if any(f'"{name}' in arguments for name in FOR_WHOM)]
    links += FILTERED.findall(html)
    return [link for link in links if "seller=" not in link and 'name="seller"' not in link]


@pytest.mark.parametrize(
    "html",
    [
        '<a href="{% url "billing:documents" %}">',
        '<a class="x" href="{% url "billing:documents_csv" %}?month={{ month|slice:":7" }}">',
        '{% url "billing:seller_orders" as orders %}<a href="{{ orders }}">',
        '{% include "_empty.html" with route="marketplace:dashboard" only %}',
        '<form class="row" method="get">\n<button></button>\n</form>',
    ],
)
def test_a_link_that_does_not_say_for_whom_is_found(html: str) -> None:
    assert len(unsaid(html)) == 1


def test_the_pages_of_sellers_are_known() -> None:
    assert {"marketplace/dashboard.html", "billing/balance.html"} <= set(PAGES)
    assert {"_empty.html", "marketplace/_numbers.html", "_selling_tabs.html"} <= set(PARTS)
    assert {"billing:balance", "marketplace:figures_csv", "registry_auth:stuck"} <= FOR_WHOM


@pytest.mark.parametrize("part", PARTS)
def test_every_link_between_pages_of_a_seller_says_for_whom(part: str) -> None:
    assert unsaid((TEMPLATES / part).read_text()) == []
