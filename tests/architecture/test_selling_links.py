"""Every link between a seller's pages says for whom: who sells for several never acts for another on the next page."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.support.routes import site_routes

TEMPLATES = Path("templates")
TAG = r"\{%.*?%\}|\{\{.*?\}\}"
HREF = re.compile(rf'href="((?:{TAG}|[^"])*)"')
NAMED = re.compile(r'\{% url "([\w:]+)"( as \w+)? %\}')
INCLUDED = re.compile(r'\{% include "([\w/]+\.html)"(.*?)%\}')
FILTERED = re.compile(r'<form[^>]*method="get".*?</form>', re.DOTALL)
POSTED = re.compile(r'<form[^>]*method="post"[^>]*action="([^>]*?)">(.*?)</form>', re.DOTALL)
SHOP = ("accounts", "billing", "marketplace", "registry_auth")
ADDRESSES = {"reverse", "reverse_lazy", "redirect", "resolve_url", "absolute"}
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
    links += [action + form for action, form in POSTED.findall(html) if {name for name, _ in NAMED.findall(action)} & FOR_WHOM]
    return [link for link in links if "seller=" not in link and 'name="seller"' not in link]


def unsaid_in_code(source: str) -> Iterator[int]:
    """Yield the lines that make the address of a page of the seller's without saying for whom; `address_for` says it."""
    tree = ast.parse(source)
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) and "?seller=" in ast.unparse(node)]
    said = {id(node) for text in joined for node in ast.walk(text)}
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and id(call) not in said and ast.unparse(call.func).rpartition(".")[2] in ADDRESSES and call.args:
            named = isinstance(call.args[0], ast.Constant) and call.args[0].value in FOR_WHOM
            if named and not any(keyword.arg == "seller" for keyword in call.keywords):
                yield call.lineno


@pytest.mark.parametrize(
    "html",
    [
        '<a href="{% url "billing:documents" %}">',
        '<a class="x" href="{% url "billing:documents_csv" %}?month={{ month|slice:":7" }}">',
        '{% url "billing:seller_orders" as orders %}<a href="{{ orders }}">',
        '{% include "_empty.html" with route="marketplace:dashboard" only %}',
        '<form class="row" method="get">\n<button></button>\n</form>',
        '<form method="post" action="{% url "marketplace:discard_unsaved" %}">\n{% csrf_token %}\n</form>',
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


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ('reverse("billing:payouts")', [1]),
        ('\nlinks.absolute("billing:payouts")', [2]),
        ('redirect("marketplace:product_new")', [1]),
        ('absolute("billing:payouts", seller=handle)', []),
        ('address_for(request, "billing:payouts")', []),
        ("f\"{reverse('billing:payouts')}?seller={handle}\"", []),
        ('redirect("marketplace:start")', []),
        ("reverse(view)", []),
    ],
)
def test_an_address_in_code_that_does_not_say_for_whom_is_found(source: str, lines: list[int]) -> None:
    assert list(unsaid_in_code(source)) == lines


def test_every_address_of_a_page_of_a_seller_that_code_makes_says_for_whom() -> None:
    files = (file for app in SHOP for file in sorted((settings.BASE_DIR / app).rglob("*.py")))

    assert [f"{file}:{line}" for file in files for line in unsaid_in_code(file.read_text())] == []
