"""Views are written one way: their decorators stand in one order, and a form that a service refused is shown again by one function."""

import ast
import inspect
import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.support.routes import site_routes

ROOT = Path(settings.BASE_DIR)
APPS = ("accounts", "audit", "billing", "common", "marketplace", "outbox", "registry_auth")
# Outermost first: what holds for every answer, who may come in, by which method, and what a report of an error leaves out.
ORDER = (
    {"csrf_exempt"},
    {"never_cache", "cache_control"},
    {"login_required", "sales_required", "seller_required"},
    {"require_safe", "require_POST", "require_http_methods"},
    {"condition"},
    {"sensitive_variables", "sensitive_post_parameters"},
)
METHODS = ORDER[3]


def modules(*patterns: str) -> list[Path]:
    return sorted({path for app in APPS for pattern in patterns for path in (ROOT / app).rglob(pattern)})


def functions(path: Path) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)]


def decorators(function: ast.FunctionDef) -> list[str]:
    called = [node.func if isinstance(node, ast.Call) else node for node in function.decorator_list]
    return [node.id for node in called if isinstance(node, ast.Name)]


def ranks(names: list[str]) -> list[int]:
    return [next(rank for rank, group in enumerate(ORDER) if name in group) for name in names]


VIEWS = [
    pytest.param(function, id=f"{path.relative_to(ROOT).with_suffix('')}.{function.name}")
    for path in modules("views.py", "views/*.py")
    for function in functions(path)
    if function.args.args and function.args.args[0].arg in {"request", "_request"}
]
PAGES = [
    pytest.param(route.view, id=route.name)
    for route in (*site_routes(), *site_routes("config.urls_inner"))
    if inspect.isfunction(route.view)
    and not route.name.startswith("admin:")
    and route.view.__module__.startswith(APPS)
    and not hasattr(route.view, "cls")
]


@pytest.mark.parametrize("function", VIEWS)
def test_decorators_of_views_stand_in_one_order(function: ast.FunctionDef) -> None:
    found = ranks(decorators(function))

    assert found == sorted(set(found))


@pytest.mark.parametrize("view", PAGES)
def test_a_page_names_its_methods(view) -> None:
    path = Path(inspect.getfile(inspect.unwrap(view)))
    named = next(function for function in functions(path) if function.name == view.__name__)

    assert METHODS & set(decorators(named))


def test_a_refused_form_is_shown_again_by_one_function() -> None:
    """`refuse_form` says the sentence at its field, with the error's status and Retry-After: no module does it in its own way."""
    own_ways = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in modules("*.py")
        if path != ROOT / "common" / "web" / "forms.py"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if re.search(r"\.add_error\(.*\.message\b", line)
    ]

    assert own_ways == []


def test_routes_are_written_one_way() -> None:
    """An app's pages are in its `urls.py`, its API in `urls_api.py`, the inner listener's in `urls_inner.py`; each names module and view."""
    files = modules("urls*.py")
    calls = [(file, node) for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    routes = [(file, call) for file, call in calls if isinstance(call.func, ast.Name) and call.func.id == "path"]

    assert routes
    assert [f"{file.relative_to(ROOT)}:{call.lineno}" for file, call in routes if not isinstance(call.args[1], ast.Attribute)] == []
    assert {file.name for file in files} == {"urls.py", "urls_api.py", "urls_inner.py"}


def test_names_of_pages_are_written_one_way() -> None:
    """`app:noun_verb`, as `reverse` and templates name them; the API's names are its router's."""
    routes = (*site_routes(), *site_routes("config.urls_inner"))
    ours = [route.name for route in routes if route.name.startswith(tuple(f"{app}:" for app in APPS))]

    assert ours
    assert [name for name in ours if not re.fullmatch(r"[a-z_]+:[a-z_]+", name)] == []
