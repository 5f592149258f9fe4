"""Primary keys of our tables."""

from uuid import UUID

from uuid_utils import compat


def new_id() -> UUID:
    """Return a new UUIDv7 (RFC 9562): hard enough to guess for use in addresses, and ordered by time, which suits an index."""
    return compat.uuid7()


def read_id(text: str) -> UUID | None:
    """Return the key that somebody typed or sent; None if it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
