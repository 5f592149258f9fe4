"""Reading the credentials in an `Authorization` header (RFC 7617). Pure: knows no Django."""

import base64
import binascii

from registry_auth.client.credentials import Credentials

LONGEST_CREDENTIALS = 4096


class MalformedCredentials(ValueError):
    """A header that holds no credentials."""


def read_authorization(header: str | None) -> Credentials | None:
    """Return the credentials of an `Authorization: Basic` header; None for an anonymous client.

    No header and `Basic Og==` (an empty user name and an empty password) are anonymous. Anything else that is not well formed is refused
    and never treated as anonymous. That holds for what arrives here: granian drops a header whose bytes are neither visible ASCII nor
    UTF-8, and the client then counts as anonymous, which grants less and never more. Real clients send base64.

    Args:
        header: as WSGI passes it: bytes as Latin-1 characters.

    Raises:
        MalformedCredentials: another scheme, no scheme, bad base64, bad UTF-8, no colon, too long.
    """
    if not header:
        return None
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic" or len(header) > LONGEST_CREDENTIALS:
        raise MalformedCredentials
    try:
        pair = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:  # ValueError: characters beyond ASCII or bytes that are not UTF-8
        raise MalformedCredentials from error
    username, colon, secret = pair.partition(":")
    if not colon:
        raise MalformedCredentials
    return Credentials(username, secret) if username or secret else None
