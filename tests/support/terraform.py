"""Terraform's files as data, for rules that hold without terraform."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import hcl2
from django.conf import settings

HERE = Path(settings.BASE_DIR) / "deploy" / "terraform"
MODULES = sorted(folder.name for folder in (HERE / "modules").iterdir())


@cache
def module(name: str) -> dict[str, Any]:
    """Return the files of a module together: its blocks by kind (`resource`, `variable`, …), each as a list."""
    return _together(HERE / "modules" / name)


@cache
def root() -> dict[str, Any]:
    """Return what puts the modules together."""
    return _together(HERE)


@cache
def environment(name: str) -> dict[str, Any]:
    """Return an environment."""
    return _together(HERE / "environments" / name)


def resources() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield module, type, name and content of every resource."""
    for name in MODULES:
        for block in module(name).get("resource", []):
            for kind, named in block.items():
                for label, content in named.items():
                    yield name, kind, label, content


def _together(folder: Path) -> dict[str, Any]:
    blocks: dict[str, Any] = {}
    for file in sorted(folder.glob("*.tf")):
        for kind, found in _plain(hcl2.loads(file.read_text(encoding="utf-8"))).items():
            blocks.setdefault(kind, []).extend(found)
    return blocks


def _plain(value: Any) -> Any:
    """Take away what the parser adds: quotes around strings and keys, comments, marks of blocks."""
    match value:
        case dict():
            return {
                _plain(key): _plain(each)
                for key, each in value.items()
                if key not in {"__comments__", "__inline_comments__", "__is_block__"}
            }
        case list():
            return [_plain(each) for each in value]
        case str() if len(value) > 1 and value[0] == value[-1] == '"':
            return value[1:-1]
        case _:
            return value
