"""Primary keys of our tables."""

from uuid import UUID

from uuid_utils import compat


def new_id() -> UUID:
    """Return a new UUIDv7 (RFC 9562): hard enough to guess for use in addresses, and ordered by time, which suits an index."""
    return compat.uuid7()
