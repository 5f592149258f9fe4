"""Reading JSON that strangers wrote: each part as what it should be, or as nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]


def mapping(value: object) -> Document:
    """Return an object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> Sequence[Any]:
    """Return a list, an empty one for anything else."""
    return value if isinstance(value, list) else ()


def text(value: object) -> str:
    """Return a text, an empty one for anything else."""
    return value if isinstance(value, str) else ""
