"""The network address of the client whose request is being handled, for whatever runs inside that request."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.http import HttpRequest, HttpResponse

_address: ContextVar[str | None] = ContextVar("client_address", default=None)


def client_address() -> str | None:
    """Return the address of the client whose request this is; None outside requests."""
    return _address.get()


def address_of(request: HttpRequest) -> str | None:
    """Return the client's address as the edge saw it; None if there is none that can be used."""
    return address_in(request.META)


def address_in(environ: Mapping[str, Any]) -> str | None:
    """Return the client's address from a WSGI environment; None if there is none that can be used.

    The edge sets `X-Forwarded-For` and never appends to what a client sent, so its last entry comes from the edge. Without the header the
    peer is the client.
    """
    return _normal(environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() or environ.get("REMOTE_ADDR", ""))


def network_of(address: str) -> str:
    """Return the network by which limits count an address: the address itself; for IPv6 its /64, which is what one customer has."""
    parsed = ip_address(address)
    return str(ip_network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else str(parsed)


def wider_network_of(address: str | None) -> str:
    """Return the network that a place keeps while its address changes: the /24, for IPv6 the /48; empty without an address."""
    if address is None:
        return ""
    parsed = ip_address(address)
    return str(ip_network((parsed, 48 if isinstance(parsed, IPv6Address) else 24), strict=False))


@lru_cache(maxsize=4096)
def _normal(text: str) -> str | None:
    try:
        address = ip_address(text)
    except ValueError:  # a Unix socket has no address, and a header may hold anything
        return None
    # A dual-stack socket reports ::ffff:192.0.2.1: counted by its /64, the whole of IPv4 would be one client.
    return str((address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address)


class ClientAddressMiddleware:
    """Remember the client's address while its request runs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reset = _address.set(address_of(request))
        try:
            return self.get_response(request)
        finally:
            _address.reset(reset)
