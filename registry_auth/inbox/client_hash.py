"""Telling clients apart without storing their addresses: the address that an event's request came from becomes a keyed hash."""

import hmac
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from django.conf import settings

_SALT: Final = b"registry_auth.inbox.client_hash"
_HOST_BITS: Final = 64  # of IPv6: a network hands these out to one customer, who changes them every day (RFC 8981)
_LENGTH: Final = 32  # hexadecimal characters: as long as a UUID, which is how the hash is stored
_KEPT: Final = 16_384  # hashes of the addresses seen last, in the memory of a process


def client_hash(origin: str) -> str:
    """Return 32 hexadecimal digits that are always the same for one client; empty if the origin is no address.

    Without our key nobody can get the address back or try addresses out. An IPv6 client is its network of 64 bits.

    Args:
        origin: `request.addr` of an event: with the port, or without it where a proxy named the client.
    """
    alone = origin.count(":") != 1 and _hash(origin, settings.SECRET_KEY)  # with one colon it is IPv4 with a port
    return alone or _hash(origin.rpartition(":")[0].strip("[]"), settings.SECRET_KEY)


@lru_cache(_KEPT)
def _hash(host: str, secret: str) -> str:
    address = _address(host)
    if address is None:
        return ""
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or IPv6Address(int(address) >> _HOST_BITS << _HOST_BITS)
    return hmac.digest(_key(secret), address.packed, "sha256").hex()[:_LENGTH]


@lru_cache(1)
def _key(secret: str) -> bytes:
    return sha256(_SALT + secret.encode()).digest()


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
