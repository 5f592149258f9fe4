"""Reading the keys in a running process: parsed once, looked at again when the index changes. No restart, no signal."""

import logging
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from registry_auth.keys.index import INDEX_FILE, LEAF_FOLDER, KeyIndex, read_index
from registry_auth.keys.leaves import SigningKey, key_id, signing_key

logger = logging.getLogger(__name__)
_Stamp = tuple[int, int, int]  # of the index file: modified at (ns), inode, size


class NoSigningKey(Exception):
    """No usable key is there: nothing can be signed until somebody mends it."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    stamp: _Stamp
    index: KeyIndex
    key: SigningKey


class KeyRing:
    """The keys as this process sees them. Safe to use from many threads: what is loaded is replaced as one."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._loaded: _Loaded | None = None

    def signing_key(self, *, now: datetime) -> SigningKey:
        """Return the active key; costs one stat() unless the keys have changed.

        Raises:
            NoSigningKey: there are no keys, they cannot be read, or the active one has run out.
        """
        key = self._current().key
        if key.not_after <= now:
            raise NoSigningKey(f"token signing key {key.kid} has run out: run `signing_keys renew`")
        return key

    def public_keys(self) -> list[dict[str, object]]:
        """Return all leaves' public keys as JWKs (RFC 7517), retired ones included until they are forgotten."""
        return [jwk(leaf.certificate) for leaf in self._current().index.leaves]

    def _current(self) -> _Loaded:
        loaded = self._loaded
        try:
            stamp = self._stamp()
            if loaded is None or loaded.stamp != stamp:
                loaded = self._loaded = self._load(stamp)
        except (OSError, ValueError, KeyError, TypeError) as error:
            # A key that still works beats none: the next request looks again.
            if loaded is None:
                raise NoSigningKey(f"no token signing key in {self.directory}: run `signing_keys init`") from error
            logger.exception("token signing keys cannot be read again, the old ones stay")
        return loaded

    def _stamp(self) -> _Stamp:
        found = (self.directory / INDEX_FILE).stat()
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _load(self, stamp: _Stamp) -> _Loaded:
        index = read_index(self.directory)
        leaf = index.active
        if leaf is None:
            msg = "no key is active: run `signing_keys promote`"
            raise ValueError(msg)
        pem = (self.directory / LEAF_FOLDER / f"{leaf.kid}.pem").read_bytes()
        return _Loaded(stamp, index, signing_key(certificate=leaf.certificate, private_key_pem=pem))


def jwk(certificate: x509.Certificate) -> dict[str, object]:
    """Return a leaf's public key as a JWK (RFC 7518, section 6.2)."""
    public = certificate.public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey):
        msg = "a leaf's key is an EC key"
        raise TypeError(msg)
    numbers = public.public_numbers()
    der = certificate.public_bytes(serialization.Encoding.DER)
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": _coordinate(numbers.x),
        "y": _coordinate(numbers.y),
        "kid": key_id(certificate),
        "alg": "ES256",
        "use": "sig",
        "x5c": [b64encode(der).decode("ascii")],
    }


def _coordinate(number: int) -> str:
    # Always 32 bytes: a stripped leading zero makes one key in 128 unreadable.
    return urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode("ascii")
