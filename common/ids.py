"""Identifiers of rows."""

from uuid import UUID

from uuid_utils import compat


def new_id() -> UUID:
    """Return a fresh UUIDv7 (RFC 9562): unguessable enough for an address, ordered enough for an index."""
    return compat.uuid7()
