"""Form encoding with brackets, as Stripe's clients send it: `a[b][0]=x`, `expand[]=y`."""

import re
from typing import Any

from tools.sandbox.errors import InvalidParams

NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)\Z")
MAX_DEPTH = 10


def decode(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Nested dictionaries and lists of strings; a dictionary with only whole numbers as keys becomes a list.

    Raises:
        InvalidParams: a name that is no bracket notation, or a value where a group stands.
    """
    tree: dict[str, Any] = {}
    for name, value in pairs:
        _put(tree, _keys(name), value, name)
    return {key: _listed(item) for key, item in tree.items()}


def _keys(name: str) -> list[str]:
    match = NAME.match(name)
    if not match or name.count("[") > MAX_DEPTH:
        raise InvalidParams(f"Invalid parameter name: {name}", code="parameter_unknown", param=name)
    return [match[1], *re.findall(r"\[([^\]]*)\]", match[2])]


def _put(tree: dict[str, Any], keys: list[str], value: str, name: str) -> None:
    *path, last = keys
    for key in path:
        tree = tree.setdefault(key or str(len(tree)), {})
        if not isinstance(tree, dict):
            raise InvalidParams("Invalid object", param=name)
    if isinstance(tree.get(last), dict):
        raise InvalidParams("Invalid string", param=name)
    tree[last or str(len(tree))] = value


def _listed(item: object) -> Any:
    if not isinstance(item, dict):
        return item
    values = {key: _listed(value) for key, value in item.items()}
    if values and all(key.isascii() and key.isdigit() for key in values):
        return [values[key] for key in sorted(values, key=int)]
    return values
