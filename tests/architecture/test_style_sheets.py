"""Each class that a style sheet names is worn by something: a page of ours, a script, the sandbox's pages or Django's admin."""

import re
from pathlib import Path

import django
import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
SHEETS = [*sorted((ROOT / "static" / "css").glob("*.css")), ROOT / "tools" / "sandbox" / "static" / "sandbox.css"]
WORN = re.compile(r'class=\\?"((?:\{\{.*?\}\}|\{%.*?%\}|[^"])*)"', re.DOTALL)
WORD = re.compile(r"[A-Za-z][\w-]*")


def named_in(sheet: str) -> set[str]:
    """Return the classes in the selectors of a style sheet."""
    text = re.sub(r"/\*.*?\*/|\"[^\"]*\"", "", sheet, flags=re.DOTALL)
    return {name for selector in re.findall(r"([^{};]*)\{", text) for name in re.findall(r"\.([A-Za-z][\w-]*)", selector)}


def worn_in_html(text: str) -> set[str]:
    """Return what stands in a template's class attributes, in strings that its tags are given, and in blocks without an element.

    A word that a template ends itself (`theme-{{ theme }}`) stays a beginning, with its last hyphen.
    """
    attributes = WORN.findall(text)
    handed_over = [string for tag in re.findall(r"\{%.*?%\}", text, re.DOTALL) for string in re.findall(r'"([^"]*)"', tag)]
    blocks = re.findall(r"\{% block \w+ %\}([^<\n]+?)\{% endblock", text)
    return {word for part in (*attributes, *handed_over, *blocks) for word in WORD.findall(part)}


def worn_in_code(text: str) -> set[str]:
    """Return the words in the strings of a module or script that writes HTML."""
    if not re.search(r"class=|\"class\"|classList|className|querySelector", text):
        return set()
    return {word for string in re.findall(r'"([^"\n]*)"|\'([^\'\n]*)\'|`([^`]*)`', text) for word in WORD.findall(" ".join(string))}


def worn() -> set[str]:
    pages = [*(ROOT / "templates").rglob("*.*"), *(ROOT / "tools" / "sandbox" / "templates").rglob("*.html")]
    apps = ("accounts", "audit", "billing", "common", "marketplace", "outbox", "registry_auth", "tools/sandbox")
    code = [*(ROOT / "static" / "js").glob("*.js"), *(path for app in apps for path in (ROOT / app).rglob("*.py"))]
    return {name for page in pages for name in worn_in_html(page.read_text(encoding="utf-8"))} | {
        name for module in code for name in worn_in_code(module.read_text(encoding="utf-8"))
    }


def worn_in_djangos_admin() -> set[str]:
    admin = Path(django.__file__).parent / "contrib" / "admin"
    pages = {name for page in (admin / "templates").rglob("*.html") for name in worn_in_html(page.read_text(encoding="utf-8"))}
    return pages | {name for script in (admin / "static").rglob("*.js") for name in worn_in_code(script.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_each_class_of_a_style_sheet_is_worn(sheet: Path) -> None:
    somewhere = worn() | (worn_in_djangos_admin() if sheet.name == "admin.css" else set())

    beginnings = tuple(word for word in somewhere if word.endswith("-"))
    unworn = {name for name in named_in(sheet.read_text(encoding="utf-8")) - somewhere if not name.startswith(beginnings)}

    assert unworn == set()
