"""Stripe's example objects, as the forms from which the sandbox makes its own."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

_EXAMPLES: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "stripe.json").read_text(encoding="utf-8"))


def shaped(kind: str, **values: object) -> dict[str, Any]:
    """An object of this kind with every key that Stripe answers, and these values.

    Raises:
        KeyError: a value for a key that such an object does not have.
    """
    form = deepcopy(_EXAMPLES[kind])
    # keys with _ are the sandbox's own and never leave it
    if unknown := {name for name in values if name not in form and not name.startswith("_")}:
        raise KeyError(kind, unknown)
    return form | values


def public(body: dict[str, Any]) -> dict[str, Any]:
    """The object as it is shown: without the sandbox's own keys."""
    return {name: value for name, value in body.items() if not name.startswith("_")}
