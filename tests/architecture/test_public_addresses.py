"""Public addresses are made by common/web/links.py alone, so that the URL configuration is the only place that spells a path."""

import ast
from collections.abc import Iterator

import pytest
from django.conf import settings

SHOP = ("accounts", "audit", "billing", "common", "marketplace", "outbox", "registry_auth")
LINKS = "common/web/links.py"
PUBLIC_URL = "LAYERSTORE_PUBLIC_URL"


def _uses(source: str) -> Iterator[int]:
    """Yield the lines that use the public address for anything but to look at its parts with `urlsplit`."""
    tree = ast.parse(source)
    looked_at = {
        id(argument)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "urlsplit"
        for argument in node.args
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == PUBLIC_URL and id(node) not in looked_at:
            yield node.lineno


def test_nobody_else_joins_the_public_address_with_a_path() -> None:
    files = (file for app in SHOP for file in (settings.BASE_DIR / app).rglob("*.py"))
    found = [
        f"{name}:{line}"
        for file in files
        if (name := str(file.relative_to(settings.BASE_DIR))) != LINKS
        for line in _uses(file.read_text())
    ]

    assert found == []


def test_no_template_joins_the_public_address_with_a_path() -> None:
    templates = settings.BASE_DIR / "templates"

    assert [str(file) for file in templates.rglob("*") if file.is_file() and "public_url" in file.read_text().lower()] == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        pytest.param('url = f"{settings.LAYERSTORE_PUBLIC_URL}/library/"', [1], id="formatted"),
        pytest.param("url = settings.LAYERSTORE_PUBLIC_URL + path", [1], id="added"),
        pytest.param("shop = settings.LAYERSTORE_PUBLIC_URL", [1], id="handed on under another name"),
        pytest.param("host = urlsplit(settings.LAYERSTORE_PUBLIC_URL).hostname", [], id="its parts"),
    ],
)
def test_each_way_to_join_is_found(source: str, lines: list[int]) -> None:
    assert list(_uses(source)) == lines
