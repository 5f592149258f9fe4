"""Fetching a file that a stranger names: nothing of ours can be reached, and nothing is waited for without end."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address

import pytest

from accounts.domains import website
from accounts.domains.dns import DnsError, Kind
from accounts.domains.website import LARGEST, Address, FetchError, addresses_of, fetch_file, is_public
from tests.support.certificates import certificate_of

LOOPBACK = ip_address("127.0.0.1")
Reply = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


def replying(text: bytes) -> Reply:
    async def reply(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(text)

    return reply


def ok(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body


@asynccontextmanager
async def served(reply: Reply, name: str = "acme.com") -> AsyncIterator[tuple[int, ssl.SSLContext, list[bytes]]]:
    """Serve HTTPS on loopback as a domain; give the port, who is to be trusted, and what was asked."""
    certificate = certificate_of(name)
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        await reply(requests[-1], writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=certificate.server)
    async with server:
        yield server.sockets[0].getsockname()[1], certificate.client, requests


async def loopback(domain: str) -> Sequence[Address]:
    return [LOOPBACK]


def fetched(reply: Reply, name: str = "acme.com") -> tuple[str, list[bytes]]:
    """Fetch the file of acme.com from a server with this name's certificate, as if loopback were public."""

    async def run() -> tuple[str, list[bytes]]:
        async with served(reply, name) as (port, trust, requests):
            return await fetch_file("acme.com", resolve=loopback, allowed=lambda _: True, port=port, trust=trust), requests

    return asyncio.run(run())


def test_the_file_is_asked_for_under_the_domains_own_name() -> None:
    text, (request,) = fetched(replying(ok(b"layerstore-verification=0\n")))

    assert text == "layerstore-verification=0\n"
    assert request.startswith(b"GET /.well-known/layerstore.txt HTTP/1.1\r\n")
    assert b"host: acme.com\r\n" in request.lower()
    assert b"accept-encoding: identity\r\n" in request.lower()


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        pytest.param(b"HTTP/1.1 302 Found\r\nLocation: https://acme.com/\r\nContent-Length: 0\r\n\r\n", "answered with 302", id="redirect"),
        pytest.param(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "answered with 404", id="missing"),
        pytest.param(ok(b"x" * (LARGEST + 1)), "longer than 4096", id="too long"),
        pytest.param(b"SSH-2.0-OpenSSH\r\n\r\n", "could not be read", id="no HTTP"),
        pytest.param(b"", "could not be read", id="nothing"),
    ],
)
def test_an_answer_that_is_not_the_file_is_refused(answer: bytes, sentence: str) -> None:
    with pytest.raises(FetchError, match=sentence):
        fetched(replying(answer))


def test_a_redirect_is_not_followed() -> None:
    async def run() -> list[bytes]:
        async with served(replying(b"HTTP/1.1 301 Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")) as (port, trust, requests):
            with pytest.raises(FetchError):
                await fetch_file("acme.com", resolve=loopback, allowed=lambda _: True, port=port, trust=trust)
            return requests

    assert len(asyncio.run(run())) == 1


def test_what_is_compressed_is_not_unpacked() -> None:
    packed = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n\x1f\x8b"

    assert fetched(replying(packed))[0] == "\x1f�"


def test_a_certificate_of_another_name_is_refused() -> None:
    with pytest.raises(FetchError, match="ConnectError"):
        fetched(replying(ok(b"")), name="evil.com")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "::1",
        "::",
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "2001::1",
        "2001:db8::1",
        "fc00::1",
        "fe80::1",
        "ff02::1",
    ],
)
def test_an_address_that_is_not_the_internets_is_never_asked(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(domain: str) -> Sequence[Address]:
        return [ip_address("93.184.216.34"), ip_address(address)]

    monkeypatch.setattr(website, "_get", None)  # calling it fails

    with pytest.raises(FetchError, match="not public"):
        asyncio.run(fetch_file("acme.com", resolve=resolve))


def test_an_address_of_the_internet_may_be_asked() -> None:
    assert is_public(ip_address("93.184.216.34"))
    assert is_public(ip_address("2606:2800:220:1:248:1893:25c8:1946"))


def test_the_address_that_was_checked_is_asked_whatever_the_name_leads_to_later(monkeypatch: pytest.MonkeyPatch) -> None:
    connected = []

    async def get(domain: str, address: Address, port: int, trust: object) -> str:
        connected.append((domain, str(address), port))
        return ""

    async def resolve(domain: str) -> Sequence[Address]:
        return [ip_address("2606:2800::1"), ip_address("93.184.216.34")]

    monkeypatch.setattr(website, "_get", get)

    assert asyncio.run(fetch_file("acme.com", resolve=resolve)) == ""
    assert connected == [("acme.com", "2606:2800::1", 443)]


def test_an_address_of_ipv6_is_written_in_brackets() -> None:
    async def resolve(domain: str) -> Sequence[Address]:
        return [ip_address("::1")]

    async def nobody_is_there() -> None:
        await fetch_file("acme.com", resolve=resolve, allowed=lambda _: True, port=1)

    with pytest.raises(FetchError, match="ConnectError"):
        asyncio.run(nobody_is_there())


def test_a_domain_without_an_address_says_so() -> None:
    async def resolve(domain: str) -> Sequence[Address]:
        return []

    with pytest.raises(FetchError, match="has no address"):
        asyncio.run(fetch_file("acme.com", resolve=resolve))


def test_addresses_come_from_the_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    async def look_up(name: str, kind: Kind) -> list[bytes]:
        return [bytes([93, 184, 216, 34])] if kind is Kind.A else [bytes(16)]

    monkeypatch.setattr(website, "look_up", look_up)

    assert asyncio.run(addresses_of("acme.com")) == [ip_address("93.184.216.34"), ip_address("::")]


def test_a_record_that_is_no_address_is_an_answer_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    async def look_up(name: str, kind: Kind) -> list[bytes]:
        return [bytes(5)]

    monkeypatch.setattr(website, "look_up", look_up)

    with pytest.raises(DnsError, match="cannot be read"):
        asyncio.run(fetch_file("acme.com"))
