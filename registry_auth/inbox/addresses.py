"""Telling clients apart without keeping their addresses: what an event's request came from becomes a keyed hash."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from django.utils.crypto import salted_hmac

_SALT = "registry_auth.inbox.addresses.client_of"
_HOST_BITS = 64  # of IPv6: what a network hands out to one customer, who changes the rest every day (RFC 8981)
_LENGTH = 32  # hexadecimal characters: as long as a UUID, which is how it is stored


def client_of(told: str) -> str:
    """Return 32 hexadecimal digits that are the same for the same client, or nothing if no address is told.

    Whoever has no key can neither get the address back nor try addresses. An IPv6 client is its network of 64 bits.

    Args:
        told: `request.addr` of an event: with the port, or without where a proxy told the registry.
    """
    address = _address(told) or _address(told.rpartition(":")[0].strip("[]"))
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
