"""Signing registry tokens: a JWT that distribution 2.8, 3.0 and 3.1 all accept (ES256, `x5c`, `aud` a string, integer times).

Source: distribution, "Token Authentication Implementation" (jwt.md); RFC 7515, 7519. Pure: knows no Django.
"""

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from registry_auth.keys.leaves import SigningKey

NOT_BEFORE_SLACK = 30  # seconds a registry's clock may be behind ours
_encode = json.JSONEncoder(separators=(",", ":")).encode  # made once: json.dumps would make a new one for each token


class AccessEntry(TypedDict):
    """One entry of the `access` claim."""

    type: str
    name: str
    actions: list[str]


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token states.

    Attributes:
        subject: never changes; the registry names the actor so in its events; empty for anonymous clients.
        issued_at: seconds since 1970.
        lifetime: seconds.
    """

    issuer: str
    audience: str
    subject: str
    access: Sequence[AccessEntry]
    issued_at: int
    lifetime: int


def sign(claims: Claims, key: SigningKey) -> str:
    """Return the signed token, under a fresh unguessable `jti`."""
    payload = {
        "iss": claims.issuer,
        "sub": claims.subject,
        "aud": claims.audience,
        "exp": claims.issued_at + claims.lifetime,
        "nbf": claims.issued_at - NOT_BEFORE_SLACK,
        "iat": claims.issued_at,
        "jti": secrets.token_urlsafe(16),
        "access": claims.access,
    }
    signed = key.header + b"." + encode_segment(_encode(payload).encode())
    return (signed + b"." + encode_segment(key.sign(signed))).decode("ascii")


def encode_segment(content: bytes) -> bytes:
    """Return base64url without padding (RFC 7515, section 2)."""
    return urlsafe_b64encode(content).rstrip(b"=")
