"""Reading the keys in a running process: they are parsed once, and again when the index changes. No restart, no signal."""

import logging
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from registry_auth.keys.index import INDEX_FILE, LEAF_FOLDER, KeyIndex, read_index
from registry_auth.keys.leaves import SigningKey, signing_key

logger = logging.getLogger(__name__)
_Stamp = tuple[int, int, int]  # of the index file: modified at (ns), inode, size


class NoSigningKey(Exception):
    """There is no usable key: nothing can be signed until somebody repairs that."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    stamp: _Stamp
    index: KeyIndex
    key: SigningKey


class KeyRing:
    """The keys as this process sees them. Safe to use from many threads: all that is loaded is replaced at once.

    Args:
        shows_certificate: whether tokens carry their leaf (`signing_key`).
    """

    def __init__(self, directory: Path, *, shows_certificate: bool = True) -> None:
        self.directory = directory
        self._index_file = str(directory / INDEX_FILE)
        self._shows_certificate = shows_certificate
        self._loaded: _Loaded | None = None

    def signing_key(self, *, now: datetime) -> SigningKey:
        """Return the active key; costs one stat() unless the keys have changed.

        Raises:
            NoSigningKey: there are no keys, they cannot be read, or the active one has expired.
        """
        key = self._current().key
        if key.not_after <= now:
            raise NoSigningKey(f"token signing key {key.kid} has expired: run `signing_keys renew`")
        return key

    def jwks(self) -> str:
        """Return all leaves' public keys (RFC 7517), retired ones included until they are removed.

        Raises:
            NoSigningKey: there are no keys, or they cannot be read.
        """
        return self._current().index.jwks()

    def bundle(self) -> str:
        """Return the certificates of the authorities that registries are to trust, as PEM.

        Raises:
            NoSigningKey: there are no keys, or they cannot be read.
        """
        return self._current().index.bundle()

    def _current(self) -> _Loaded:
        loaded = self._loaded
        try:
            stamp = self._stamp()
            if loaded is None or loaded.stamp != stamp:
                loaded = self._loaded = self._load(stamp)
        except (OSError, ValueError, KeyError, TypeError) as error:
            # An old key that still works is better than none, and the next request tries to read again.
            if loaded is None:
                raise NoSigningKey(f"no token signing key in {self.directory}: run `signing_keys init`") from error
            logger.exception("token signing keys cannot be read again, the old ones stay")
        return loaded

    def _stamp(self) -> _Stamp:
        found = os.stat(self._index_file)  # noqa: PTH116  called for each token; joining paths takes longer than the call
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _load(self, stamp: _Stamp) -> _Loaded:
        index = read_index(self.directory)
        leaf = index.active
        if leaf is None:
            msg = "no key is active: run `signing_keys promote`"
            raise ValueError(msg)
        pem = (self.directory / LEAF_FOLDER / f"{leaf.kid}.pem").read_bytes()
        key = signing_key(certificate=leaf.certificate, private_key_pem=pem, shows_certificate=self._shows_certificate)
        return _Loaded(stamp, index, key)
