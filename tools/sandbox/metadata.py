"""Metadata, which every object of Stripe carries for its user."""

from typing import Any


def write_metadata(body: dict[str, Any], params: dict[str, Any]) -> None:
    """Merge the metadata; an empty value unsets its key, an empty group all keys."""
    given = params.get("metadata", {})
    merged = {} if given == "" else body["metadata"] | given
    body["metadata"] = {name: value for name, value in merged.items() if value != ""}
