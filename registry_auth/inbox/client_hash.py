"""Telling clients apart without storing their addresses: the address that an event's request came from becomes a keyed hash."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from django.utils.crypto import salted_hmac

_SALT = "registry_auth.inbox.client_hash"
_HOST_BITS = 64  # of IPv6: a network hands these out to one customer, who changes them every day (RFC 8981)
_LENGTH = 32  # hexadecimal characters: as long as a UUID, which is how the hash is stored


def client_hash(origin: str) -> str:
    """Return 32 hexadecimal digits that are always the same for one client; empty if the origin is no address.

    Without our key nobody can get the address back or try addresses out. An IPv6 client is its network of 64 bits.

    Args:
        origin: `request.addr` of an event: with the port, or without it where a proxy named the client.
    """
    address = _address(origin) or _address(origin.rpartition(":")[0].strip("[]"))
    if address is None:
        return ""
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or IPv6Address(int(address) >> _HOST_BITS << _HOST_BITS)
    return salted_hmac(_SALT, address.packed, algorithm="sha256").hexdigest()[:_LENGTH]


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
