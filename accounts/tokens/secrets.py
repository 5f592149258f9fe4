"""Our credentials' formats: access tokens (`lsp_…`), the identity tokens derived from them (`lsr_…`), and our own programs' (`lss_…`).

An access token is `lsp_`, 43 random base62 characters (256 bits) and a 6-character checksum, a format that secret scanners find
and check offline (GitHub, "Behind GitHub's new authentication token formats", 2021). We store its HMAC-SHA256, never the token itself.
An identity token is `lsr_<access token id>_<generation>_<mac>`: derived, so that nothing is stored and it is always the same.
A service secret is `lss_<seconds since 1970>_<mac>`: any process that has the keys makes one for one request; it expires after a minute.
"""

import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

ACCESS_PREFIX, IDENTITY_PREFIX, SERVICE_PREFIX, INVITATION_PREFIX, GIFT_PREFIX = "lsp_", "lsr_", "lss_", "lsi_", "lsg_"
HINT_LENGTH = 4
SERVICE_SECONDS = 60  # in both directions: the clocks of two machines differ
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM_LENGTH, _CHECKSUM_LENGTH = 43, 6
_ACCESS = re.compile(rf"{ACCESS_PREFIX}([0-9A-Za-z]{{{_RANDOM_LENGTH}}})([0-9A-Za-z]{{{_CHECKSUM_LENGTH}}})", re.ASCII)
_IDENTITY = re.compile(rf"({IDENTITY_PREFIX}([0-9a-f]{{32}})_(0|[1-9][0-9]{{0,9}}))_([0-9a-f]{{64}})", re.ASCII)
_INVITATION = re.compile(rf"{INVITATION_PREFIX}[0-9A-Za-z_-]{{43}}", re.ASCII)
_GIFT = re.compile(rf"{GIFT_PREFIX}[0-9A-Za-z_-]{{43}}", re.ASCII)
_SERVICE = re.compile(rf"({SERVICE_PREFIX}([0-9]{{1,12}}))_([0-9a-f]{{64}})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Identity:
    """The content of a genuine identity token: valid while that access token is live and its user's generation is still this one."""

    token_id: UUID
    generation: int


def new_secret() -> str:
    """Return a fresh access token."""
    random = "".join(secrets.choice(_BASE62) for _ in range(_RANDOM_LENGTH))
    return f"{ACCESS_PREFIX}{random}{checksum(random)}"


def checksum(random: str) -> str:
    """Return CRC-32 of the random part in six base62 digits: it detects typing errors and proves nothing."""
    number, digits = zlib.crc32(random.encode("ascii")), ""
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_BASE62))
        digits = _BASE62[digit] + digits
    return digits


def is_access_token(text: str) -> bool:
    """Whether the text has the format of an access token, checksum included: anything else needs no query."""
    match = _ACCESS.fullmatch(text)
    return match is not None and checksum(match[1]) == match[2]


def new_invitation_secret() -> str:
    """Return the secret in an invitation's link: 256 random bits, stored as a hash like an access token."""
    return f"{INVITATION_PREFIX}{secrets.token_urlsafe(32)}"


def is_invitation_secret(text: str) -> bool:
    """Whether the text has the format of such a secret: anything else needs no query."""
    return _INVITATION.fullmatch(text) is not None


def new_gift_secret() -> str:
    """Return the secret in a gift's link, made and stored like that of an invitation."""
    return f"{GIFT_PREFIX}{secrets.token_urlsafe(32)}"


def is_gift_secret(text: str) -> bool:
    """Whether the text has the format of such a secret."""
    return _GIFT.fullmatch(text) is not None


def secret_hash(secret: str) -> str:
    """Return what the database stores of a new secret: its HMAC under the first key."""
    return _mac(settings.LAYERSTORE_TOKEN_KEYS[0], secret)


def secret_hashes(secret: str) -> list[str]:
    """Return what the database may have stored of a secret: its HMAC under each key."""
    return [_mac(key, secret) for key in settings.LAYERSTORE_TOKEN_KEYS]


def identity_token(identity: Identity) -> str:
    """Return the one identity token of an access token and a generation."""
    claim = f"{IDENTITY_PREFIX}{identity.token_id.hex}_{identity.generation}"
    return f"{claim}_{_mac(settings.LAYERSTORE_TOKEN_KEYS[0], claim)}"


def read_identity_token(text: str) -> Identity | None:
    """Return the content of an identity token, if one of our keys made it; compared in constant time."""
    match = _IDENTITY.fullmatch(text)
    if match is None:
        return None
    claim, token_id, generation, mac = match.groups()
    return Identity(UUID(hex=token_id), int(generation)) if _is_genuine(claim, mac) else None


def service_secret(*, now: datetime) -> str:
    """Return a secret by which the token endpoint recognises one of our own programs, for a minute."""
    claim = f"{SERVICE_PREFIX}{int(now.timestamp())}"
    return f"{claim}_{_mac(settings.LAYERSTORE_TOKEN_KEYS[0], claim)}"


def is_service_secret(text: str, *, now: datetime) -> bool:
    """Whether one of our keys made this secret within the last minute; compared in constant time."""
    match = _SERVICE.fullmatch(text)
    if match is None:
        return False
    claim, made_at, mac = match.groups()
    return _is_genuine(claim, mac) and abs(now.timestamp() - int(made_at)) <= SERVICE_SECONDS


def _is_genuine(claim: str, mac: str) -> bool:
    # All keys are tried: the time that it takes must not reveal which one fits.
    genuine = [hmac.compare_digest(mac, _mac(key, claim)) for key in settings.LAYERSTORE_TOKEN_KEYS]
    return any(genuine)


def _mac(key: str, message: str) -> str:
    """HMAC-SHA256 in hexadecimal. The messages' prefixes keep the kinds of secret apart."""
    return hmac.digest(key.encode(), message.encode(), "sha256").hex()
