"""What the project says of itself in words: comments, docstrings, comments of templates, documents; and what is there to be spoken of."""

import ast
import io
import re
import subprocess
import tokenize
from functools import cache
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
OURS = ("accounts", "audit", "billing", "common", "config", "marketplace", "outbox", "registry_auth", "tests", "tools")
TEMPLATE_COMMENT = re.compile(r"\{#(.*?)#\}|\{% comment[^%]*%\}(.*?)\{% endcomment %\}", re.DOTALL)
BLOCK_COMMENT = re.compile(r"/\*(.*?)\*/|^\s*//(.*)$", re.DOTALL | re.MULTILINE)
HASH_COMMENT = re.compile(r"(?:^|\s)()#(.*)$", re.MULTILINE)
COMMENTS = {
    **dict.fromkeys((".html", ".txt", ".svg"), TEMPLATE_COMMENT),
    **dict.fromkeys((".css", ".js"), BLOCK_COMMENT),
    **dict.fromkeys((".sh", ".yml", ".yaml", ".toml", ".template", ".in", ".tf", ".hcl", ""), HASH_COMMENT),
}
CODE = {".py", *COMMENTS}


@cache
def files() -> frozenset[str]:
    """Return the paths of all files of the project, those not yet committed included."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return frozenset(path for path in listed if (ROOT / path).is_file())


@cache
def folders() -> frozenset[str]:
    """Return the paths of all folders that hold a file."""
    return frozenset(str(folder) for path in files() for folder in Path(path).parents)


@cache
def source(path: str) -> str:
    """Return what a file holds."""
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def tree(path: str) -> ast.Module:
    """Return a module's tree."""
    return ast.parse(source(path))


@cache
def prose() -> dict[str, str]:
    """Return by file what it says in words."""
    said = {
        path: _split(path)[0] for path in sorted(files()) if "/migrations/" not in path and not path.startswith("tools/sandbox/shapes/")
    }
    return {path: text for path, text in said.items() if text}


@cache
def words_of_code() -> frozenset[str]:
    """Return every word that stands in code: names and strings of Python, and whatever else is no document and no comment."""
    return frozenset(word for path in files() if Path(path).suffix in CODE for word in re.findall(r"\w+", _split(path)[1]))


@cache
def _split(path: str) -> tuple[str, str]:
    """Return what a file says in words, and the rest of it."""
    suffix = Path(path).suffix
    if suffix == ".md":
        return source(path), ""
    if suffix == ".py":
        parts: dict[bool, list[str]] = {True: [], False: []}
        for token in tokenize.generate_tokens(io.StringIO(source(path)).readline):
            parts[is_prose(token)].append(token.string)
        return "\n".join(parts[True]), "\n".join(parts[False])
    pattern = COMMENTS.get(suffix)
    if pattern is None:
        return "", ""
    found = pattern.findall(source(path))
    return "\n".join("".join(groups) for groups in found), pattern.sub(" ", source(path))


def is_prose(token: tokenize.TokenInfo) -> bool:
    """Tell whether a token is a comment or a docstring: a string in three quotes with which a line begins."""
    return token.type == tokenize.COMMENT or (token.type == tokenize.STRING and token.line.lstrip().startswith(('"""', 'r"""')))


def module_file(dotted: str) -> str | None:
    """Return the file of a module or package of ours; a folder without `__init__.py` counts."""
    path = dotted.replace(".", "/")
    found = [name for name in (f"{path}.py", f"{path}/__init__.py") if name in files()]
    return found[0] if found else path if path in folders() else None


def resolves(dotted: str) -> bool:
    """Tell whether a dotted name is a module of ours, or an attribute that one defines or imports; parsed, not imported."""
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        file = module_file(".".join(parts[:end]))
        if file is not None:
            return end == len(parts) or (file.endswith(".py") and _defines(tree(file).body, parts[end:]))
    return False


def _defines(body: list[ast.stmt], names: list[str]) -> bool:
    head, *rest = names
    for node in body:
        if head in _names_of(node):
            return not rest or not isinstance(node, ast.ClassDef) or _defines(node.body, rest)
        if isinstance(node, (ast.If, ast.Try, ast.With)) and _defines(node.body, names):
            return True
    return False


def _names_of(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Import() | ast.ImportFrom():
            return {alias.asname or alias.name for alias in node.names}
        case ast.Assign():
            return {name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case _:
            return set()


@cache
def models_and_jobs() -> frozenset[str]:
    """Return what is dotted and no module: models as Django labels them (`billing.Order`) and the names of tasks."""
    labels: set[str] = set()
    for path in files():
        if path.endswith(".py") and path.split("/")[0] in OURS[:8]:
            app = path.split("/")[0]
            for node in ast.walk(tree(path)):
                if isinstance(node, ast.ClassDef) and "models" in path:
                    labels |= {f"{app}.{node.name}", f"{app}.{node.name.lower()}"}
                elif isinstance(node, ast.FunctionDef) and path.endswith("tasks.py"):
                    labels.add(f"{app}.{node.name}")
                elif isinstance(node, ast.Constant) and path.endswith("tasks.py"):
                    labels.add(str(node.value))
    return frozenset(labels)


@cache
def mentions_in_class(name: str) -> frozenset[str]:
    """Return every word that stands in a class of ours, or in those that share its name; none if there is no such class."""
    return frozenset(_words_by_class().get(name, ()))


@cache
def _words_by_class() -> dict[str, set[str]]:
    words: dict[str, set[str]] = {}
    for path in files():
        if path.endswith(".py") and "/migrations/" not in path:
            for node in ast.walk(tree(path)):
                if isinstance(node, ast.ClassDef):
                    words.setdefault(node.name, set()).update(re.findall(r"\w+", ast.get_source_segment(source(path), node) or ""))
    return words
