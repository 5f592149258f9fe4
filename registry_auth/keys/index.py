"""`keys.json`: which authorities are trusted, and which leaves there are in which state. Certificates only, nothing secret."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cryptography import x509

from registry_auth.keys.leaves import certificate_pem, jwk, key_id

INDEX_FILE, LEAF_FOLDER = "keys.json", "leaves"
WARNING_TIME = timedelta(days=14)


class KeyState(StrEnum):
    """The states of a leaf. Only the active one signs; a retired one stays published until its last token has expired."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A key that signs tokens, known by its certificate."""

    certificate: x509.Certificate
    state: KeyState
    changed_at: datetime

    @property
    def kid(self) -> str:
        return key_id(self.certificate)

    @property
    def not_after(self) -> datetime:
        return self.certificate.not_valid_after_utc

    @property
    def made_at(self) -> datetime:
        return self.certificate.not_valid_before_utc


@dataclass(frozen=True, slots=True)
class KeyIndex:
    """All keys. The last authority signs new leaves; all of them are in the bundle."""

    authorities: tuple[x509.Certificate, ...]
    leaves: tuple[Leaf, ...]

    @property
    def active(self) -> Leaf | None:
        return next((leaf for leaf in self.leaves if leaf.state is KeyState.ACTIVE), None)

    def authority_of(self, leaf: Leaf) -> x509.Certificate:
        """Return the authority that made the leaf."""
        return next(authority for authority in self.authorities if authority.subject == leaf.certificate.issuer)

    def bundle(self) -> str:
        """Return what registries trust (`rootcertbundle`), as PEM."""
        return "".join(certificate_pem(authority) for authority in self.authorities)

    def jwks(self) -> str:
        """Return what registries with a `jwks` file trust instead (RFC 7517): all leaves, next and retired ones included."""
        return json.dumps({"keys": [jwk(leaf.certificate) for leaf in self.leaves]})

    def to_json(self) -> str:
        leaves = [
            {
                "kid": leaf.kid,
                "state": leaf.state.value,
                "changed_at": leaf.changed_at.isoformat(),
                "certificate": certificate_pem(leaf.certificate),
            }
            for leaf in self.leaves
        ]
        return json.dumps({"authorities": [certificate_pem(a) for a in self.authorities], "leaves": leaves}, indent=2)

    @classmethod
    def from_json(cls, text: str) -> "KeyIndex":
        """Read what `to_json` wrote.

        Raises:
            ValueError, KeyError, TypeError: the file holds something else.
        """
        content = json.loads(text)
        return cls(
            authorities=tuple(_certificate(pem) for pem in content["authorities"]),
            leaves=tuple(
                Leaf(_certificate(leaf["certificate"]), KeyState(leaf["state"]), datetime.fromisoformat(leaf["changed_at"]))
                for leaf in content["leaves"]
            ),
        )


@dataclass(frozen=True, slots=True)
class Ending:
    """A certificate that expires soon or has expired."""

    what: str
    at: datetime


def read_index(directory: Path) -> KeyIndex:
    """Read the index of a key directory.

    Raises:
        FileNotFoundError: no keys were made yet.
    """
    return KeyIndex.from_json((directory / INDEX_FILE).read_text(encoding="utf-8"))


def endings(directory: Path, *, now: datetime, within: timedelta = WARNING_TIME) -> list[Ending]:
    """Return which certificates in use expire within this time: readiness and the admin warn of them. Reads no private key."""
    index = read_index(directory)
    used = [(f"token signing key {leaf.kid}", leaf.not_after) for leaf in index.leaves if leaf.state is not KeyState.RETIRED]
    used += [("token authority", authority.not_valid_after_utc) for authority in index.authorities[-1:]]
    return [Ending(what, at) for what, at in used if at - now.astimezone(UTC) <= within]


def _certificate(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode("ascii"))
