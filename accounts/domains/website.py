"""A file of a website that a stranger names, fetched so that neither this network nor this process comes to harm.

Only HTTPS on its own port, only public addresses, and the connection goes to the address that was checked; no redirect, no proxy, no more
than 4 kB, and a time limit for the whole.
"""

import ssl
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

import httpx

from accounts.domains.dns import DnsError, Kind, look_up
from accounts.domains.faults import Fault

PATH: Final = "/.well-known/layerstore.txt"
LARGEST: Final = 4096  # bytes
_PORT: Final = 443
_SECONDS: Final = 5.0  # without a byte; who asks sets the limit for the whole
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
# Addresses that hold another address, or none of their own: 6to4 (RFC 3056), Teredo and other protocols (RFC 6890), documentation.
_TUNNELS: Final = tuple(map(IPv6Network, ("2002::/16", "2001::/23", "2001:db8::/32", "3fff::/20")))

Address = IPv4Address | IPv6Address
Resolve = Callable[[str], Awaitable[Sequence[Address]]]


class FetchError(Exception):
    """The file was not read; says why, in a sentence for the seller."""


def is_public(address: Address) -> bool:
    """Whether an address is one of the internet's: of no private network, not this machine, no tunnel to either, no group."""
    if isinstance(address, IPv6Address):
        return address in _GLOBAL_UNICAST and not any(address in network for network in _TUNNELS)
    return address.is_global and not address.is_multicast


async def addresses_of(domain: str) -> list[Address]:
    """Ask the DNS, and nothing else, for the addresses of a domain; those of IPv4 come first.

    Raises:
        DnsError: it gave no answer, or one that is no address.
    """
    found = [*await look_up(domain, Kind.A), *await look_up(domain, Kind.AAAA)]
    try:
        return [ip_address(data) for data in found]
    except ValueError as error:
        raise DnsError(Fault.DNS_UNREADABLE) from error


async def fetch_file(
    domain: str,
    *,
    resolve: Resolve = addresses_of,
    allowed: Callable[[Address], bool] = is_public,
    port: int = _PORT,
    trust: ssl.SSLContext | None = None,
) -> str:
    """Return the text of the well-known file of a domain.

    Args:
        domain: in ASCII, without a port.
        resolve: gives its addresses.
        allowed: which of them may be asked; one that may not is enough to ask none.
        trust: the authorities that its certificate may be from.

    Raises:
        FetchError: there is no such file that may be read.
        DnsError: the DNS gave no answer.
    """
    addresses = await resolve(domain)
    if not addresses:
        raise FetchError(Fault.NO_ADDRESS.format(domain=domain))
    if not all(map(allowed, addresses)):
        raise FetchError(Fault.NOT_PUBLIC.format(domain=domain))
    try:
        return await _get(domain, addresses[0], port, trust)
    except httpx.HTTPError as error:
        raise FetchError(Fault.NOT_READ.format(address=f"https://{domain}{PATH}", error=type(error).__name__)) from error


async def _get(domain: str, address: Address, port: int, trust: ssl.SSLContext | None) -> str:
    host = f"[{address}]" if isinstance(address, IPv6Address) else str(address)
    headers = {"Host": domain, "Accept": "text/plain", "Accept-Encoding": "identity", "User-Agent": "Layerstore"}
    # The address was checked, so it is what is asked; the certificate must be the domain's all the same.
    extensions = {"sni_hostname": domain}
    client = httpx.AsyncClient(timeout=_SECONDS, trust_env=False, follow_redirects=False, verify=trust or _authorities())
    async with client, client.stream("GET", f"https://{host}:{port}{PATH}", headers=headers, extensions=extensions) as answer:
        if answer.status_code != httpx.codes.OK:
            raise FetchError(Fault.NOT_OK.format(address=f"https://{domain}{PATH}", status=answer.status_code))
        body = b""
        async for chunk in answer.aiter_raw():
            body += chunk
            if len(body) > LARGEST:
                raise FetchError(Fault.TOO_LONG.format(address=f"https://{domain}{PATH}", most=LARGEST))
    return body.decode("ascii", "replace")


@cache
def _authorities() -> ssl.SSLContext:
    """Return those that browsers trust; reading them takes a while."""
    return httpx.create_ssl_context()
