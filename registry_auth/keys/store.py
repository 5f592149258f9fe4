"""Changing the keys, for `manage.py signing_keys`. The only code that reads the authority's private key.

    KEYS_DIR/            0755
      keys.json          0644  states and certificates
      bundle.pem         0644  what registries trust: the authorities
      jwks.json          0644  what registries trust that have a `jwks` file: the leaves
      authority/         0700  <id>.pem 0600: the authority's private keys, for these commands alone
      leaves/            0700  <kid>.pem 0600: for the token process; with the setgid bit on the folder, 0640 for its group

Every file appears whole or not at all (written under another name, synced, renamed), private keys before the index that names them.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from registry_auth.keys.index import INDEX_FILE, LEAF_FOLDER, KeyIndex, KeyState, Leaf, read_index
from registry_auth.keys.leaves import key_id, new_authority, new_leaf, new_private_key, private_pem

RENEW_AFTER = timedelta(days=60)
FORGET_AFTER = timedelta(days=1)  # longer than any token lives
AUTHORITY_FOLDER, BUNDLE_FILE, JWKS_FILE = "authority", "bundle.pem", "jwks.json"


class KeyChangeRefused(Exception):
    """The state of the keys does not allow this; the message says what to do."""


class KeyStore:
    """Changes the key directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @property
    def index(self) -> KeyIndex:
        try:
            return read_index(self.directory)
        except FileNotFoundError as error:
            raise KeyChangeRefused("There are no keys yet: run `signing_keys init`.") from error

    def init(self, *, now: datetime) -> bool:
        """Make the authority and a first active leaf. Return False if there are keys already, which stay as they are."""
        self.directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        with self._alone():
            if (self.directory / INDEX_FILE).exists():
                self._publish(self.index)  # an older version may have published less
                return False
            for folder in (AUTHORITY_FOLDER, LEAF_FOLDER):
                (self.directory / folder).mkdir(mode=0o700, exist_ok=True)
            authority = self._make_authority(now)
            self._write(KeyIndex((authority,), (self._make_leaf(authority, KeyState.ACTIVE, now),)))
        return True

    def add(self, *, now: datetime) -> Leaf:
        """Make a leaf under the newest authority; it signs once promoted."""
        with self._alone():
            index = self.index
            leaf = self._make_leaf(index.authorities[-1], KeyState.NEXT, now)
            self._write(replace(index, leaves=(*index.leaves, leaf)))
        return leaf

    def promote(self, *, now: datetime, kid: str | None = None) -> Leaf:
        """Let a next leaf sign from now on, the newest unless one is named; the active one is retired. Tokens of both are valid.

        Raises:
            KeyChangeRefused: there is no such leaf in state next.
        """
        with self._alone():
            index = self.index
            candidates = [leaf for leaf in index.leaves if leaf.state is KeyState.NEXT and kid in {None, leaf.kid}]
            if not candidates:
                raise KeyChangeRefused("No such key is waiting: `signing_keys add` makes one, `signing_keys list` shows all.")
            return self._promote(index, candidates[-1], now)

    def retire(self, *, kid: str, now: datetime) -> Leaf:
        """Take a next leaf out of use. The active one is retired by promoting another.

        Raises:
            KeyChangeRefused: it is unknown, or the one that signs.
        """
        with self._alone():
            index = self.index
            leaf = next((leaf for leaf in index.leaves if leaf.kid == kid), None)
            if leaf is None:
                raise KeyChangeRefused(f"There is no key {kid}: `signing_keys list` shows all.")
            if leaf.state is KeyState.ACTIVE:
                raise KeyChangeRefused(f"{kid} signs: promote another key, which retires this one.")
            retired = replace(leaf, state=KeyState.RETIRED, changed_at=now)
            self._write(replace(index, leaves=tuple(retired if each is leaf else each for each in index.leaves)))
        return retired

    def renew(self, *, now: datetime, promotes: bool = True) -> list[str]:
        """Do what is due: replace an active leaf of 60 days, and remove leaves retired a day ago together with their private keys.

        The new leaf is under the authority of the old one, for only people know whether registries trust a newer authority yet.
        Safe to run every day. Return what was done, as sentences.

        Args:
            promotes: false where registries know each leaf from a `jwks` file, for only people know whether they have read the new one.
        """
        with self._alone():
            return [*self._replace_old_leaf(now=now, promotes=promotes), *self._forget_retired_leaves(now=now)]

    def add_authority(self, *, now: datetime) -> x509.Certificate:
        """Make another authority, which signs all leaves from now on. Registries need the new bundle before a leaf under it signs."""
        with self._alone():
            index = self.index
            authority = self._make_authority(now)
            self._write(replace(index, authorities=(*index.authorities, authority)))
        return authority

    def drop_authorities(self) -> list[str]:
        """Stop trusting all authorities but the newest, and remove their private keys.

        Raises:
            KeyChangeRefused: the active leaf is still under an old one.
        """
        with self._alone():
            index = self.index
            *old, newest = index.authorities
            if index.active is None or index.active.certificate.issuer != newest.subject:
                raise KeyChangeRefused("The key that signs is under an old authority: `signing_keys add` and `promote` first.")
            under = tuple(leaf for leaf in index.leaves if leaf.certificate.issuer == newest.subject)
            self._write(KeyIndex((newest,), under))
            for authority in old:
                (self.directory / AUTHORITY_FOLDER / f"{key_id(authority)}.pem").unlink(missing_ok=True)
        return [key_id(authority) for authority in old]

    def _replace_old_leaf(self, *, now: datetime, promotes: bool) -> Iterator[str]:
        index = self.index
        active = index.active
        if active is not None and now - active.made_at < RENEW_AFTER:
            return
        authority = index.authority_of(active) if active else index.authorities[-1]
        fresh = [leaf for leaf in index.leaves if leaf.state is KeyState.NEXT and now - leaf.made_at < RENEW_AFTER]
        waiting = [leaf for leaf in fresh if index.authority_of(leaf) == authority]
        leaf = waiting[-1] if waiting else self._make_leaf(authority, KeyState.NEXT, now)
        index = index if waiting else replace(index, leaves=(*index.leaves, leaf))
        if promotes:
            yield f"{self._promote(index, leaf, now).kid} signs now"
        else:
            self._write(index)
            yield f"{leaf.kid} waits: give {JWKS_FILE} to every registry, restart it, then `signing_keys promote`"

    def _forget_retired_leaves(self, *, now: datetime) -> Iterator[str]:
        index = self.index
        old = [leaf for leaf in index.leaves if leaf.state is KeyState.RETIRED and now - leaf.changed_at >= FORGET_AFTER]
        if old:
            self._write(replace(index, leaves=tuple(leaf for leaf in index.leaves if leaf not in old)))
        for leaf in old:
            (self.directory / LEAF_FOLDER / f"{leaf.kid}.pem").unlink(missing_ok=True)
            yield f"{leaf.kid} is forgotten"

    def _promote(self, index: KeyIndex, chosen: Leaf, now: datetime) -> Leaf:
        def moved(leaf: Leaf) -> Leaf:
            if leaf.kid == chosen.kid:
                return replace(leaf, state=KeyState.ACTIVE, changed_at=now)
            return replace(leaf, state=KeyState.RETIRED, changed_at=now) if leaf.state is KeyState.ACTIVE else leaf

        self._write(replace(index, leaves=tuple(moved(leaf) for leaf in index.leaves)))
        return moved(chosen)

    def _make_authority(self, now: datetime) -> x509.Certificate:
        key = new_private_key()
        authority = new_authority(key=key, now=now)
        write_whole(self.directory / AUTHORITY_FOLDER / f"{key_id(authority)}.pem", private_pem(key), mode=0o600)
        return authority

    def _make_leaf(self, authority: x509.Certificate, state: KeyState, now: datetime) -> Leaf:
        pem = (self.directory / AUTHORITY_FOLDER / f"{key_id(authority)}.pem").read_bytes()
        authority_key = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(authority_key, ec.EllipticCurvePrivateKey):
            raise KeyChangeRefused("The authority's key file holds no EC key: restore it from the backup.")
        key = new_private_key()
        certificate = new_leaf(key=key, authority=authority, authority_key=authority_key, now=now)
        folder = self.directory / LEAF_FOLDER
        shared = folder.stat().st_mode & stat.S_ISGID
        write_whole(folder / f"{key_id(certificate)}.pem", private_pem(key), mode=0o640 if shared else 0o600)
        return Leaf(certificate, state, now)

    def _write(self, index: KeyIndex) -> None:
        self._publish(index)
        write_whole(self.directory / INDEX_FILE, index.to_json().encode(), mode=0o644)

    def _publish(self, index: KeyIndex) -> None:
        write_whole(self.directory / BUNDLE_FILE, index.bundle().encode(), mode=0o644)
        write_whole(self.directory / JWKS_FILE, index.jwks().encode(), mode=0o644)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let only one command at a time change the keys."""
        try:
            handle = os.open(self.directory, os.O_RDONLY)
        except FileNotFoundError as error:
            raise KeyChangeRefused("There are no keys yet: run `signing_keys init`.") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def write_whole(path: Path, content: bytes, *, mode: int) -> None:
    """Write a file so that a reader sees either the old content or the new one, never a part of it, and never with a wider mode."""
    aside = path.with_name(f".{path.name}.new")
    aside.unlink(missing_ok=True)
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(file.fileno(), mode)  # the umask may have removed more than intended
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)
