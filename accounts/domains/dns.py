"""A small resolver with bounds: one question to the resolvers of this machine, a time limit, answers of at most 64 kB (RFC 1035).

The standard library has no TXT records, and its look-ups of addresses cannot be given a time limit.
"""

import asyncio
import secrets
import struct
from collections.abc import Iterator, Sequence
from contextlib import closing
from enum import IntEnum
from pathlib import Path
from typing import Final

from accounts.domains.faults import Fault

_PORT: Final = 53
_SERVERS: Final = 2  # of those that the machine names
_SECONDS: Final = 2.0  # for each of them
_RESOLVERS: Final = Path("/etc/resolv.conf")
_HEADER: Final = struct.Struct("!HHHHHH")
_RECORD: Final = struct.Struct("!HHIH")
_INTERNET: Final = 1
_RECURSION_DESIRED, _IS_ANSWER, _TRUNCATED, _CODE = 0x0100, 0x8000, 0x0200, 0x000F
_NO_ERROR, _NO_SUCH_NAME = 0, 3
_POINTER: Final = 0xC0

Server = tuple[str, int]


class Kind(IntEnum):
    """Types of records (RFC 1035, section 3.2.2; RFC 3596)."""

    A = 1
    TXT = 16
    AAAA = 28


class DnsError(Exception):
    """The DNS gave no answer that could be read; says why, in a sentence for the seller."""


async def look_up(name: str, kind: Kind, *, servers: Sequence[Server] | None = None) -> list[bytes]:
    """Return the data of a name's records of one type; none if there is no such name.

    Args:
        name: in ASCII.
        servers: the machine's own, if left out.

    Raises:
        DnsError: no resolver answered in time, or one refused, or its answer was none.
    """
    why: str = Fault.DNS_SILENT
    for server in (resolvers() if servers is None else servers)[:_SERVERS]:
        try:
            async with asyncio.timeout(_SECONDS):
                return await _ask(name, kind, server)
        except TimeoutError:
            continue
        except DnsError as error:
            why = str(error)
        except (OSError, asyncio.IncompleteReadError):
            why = Fault.DNS_AWAY
    raise DnsError(why)


def text_of(record: bytes) -> str:
    """Join the strings of a TXT record (RFC 1035, section 3.3.14); what is not ASCII becomes a question mark."""
    strings, at = [], 0
    while at < len(record):
        end = at + 1 + record[at]
        strings.append(record[at + 1 : end])
        at = end
    return b"".join(strings).decode("ascii", "replace")


def resolvers(file: Path = _RESOLVERS) -> list[Server]:
    """Return the resolvers that the machine is set up with (resolv.conf(5))."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else []
    words = [line.split() for line in lines]
    named = [(found[1], _PORT) for found in words if len(found) > 1 and found[0] == "nameserver"]
    return named or [("127.0.0.1", _PORT)]


async def _ask(name: str, kind: Kind, server: Server) -> list[bytes]:
    number = secrets.randbits(16)
    question = _question(number, name, kind)
    answer = await _by_udp(question, server)
    if _flags(answer, number) & _TRUNCATED:
        answer = await _by_tcp(question, server)
    code = _flags(answer, number) & _CODE
    if code not in {_NO_ERROR, _NO_SUCH_NAME}:
        raise DnsError(Fault.DNS_REFUSED.format(code=code))
    try:
        return list(_records(answer, kind))
    except (IndexError, struct.error) as error:
        raise DnsError(Fault.DNS_UNREADABLE) from error


def _question(number: int, name: str, kind: Kind) -> bytes:
    labels = b"".join(bytes([len(label)]) + label for label in name.encode("ascii").split(b"."))
    return _HEADER.pack(number, _RECURSION_DESIRED, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", kind, _INTERNET)


def _flags(answer: bytes, number: int) -> int:
    """Return the flags of an answer to the question of this number."""
    if len(answer) >= _HEADER.size:
        found, flags, *_ = _HEADER.unpack_from(answer)
        if found == number and flags & _IS_ANSWER:
            return int(flags)
    raise DnsError(Fault.DNS_MIXED_UP)


class _OneAnswer(asyncio.DatagramProtocol):
    """Receives one datagram, or the error that the socket tells."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002  asyncio passes it
        if not self.answer.done():
            self.answer.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)


async def _by_udp(question: bytes, server: Server) -> bytes:
    # A connected socket takes datagrams of this server alone.
    transport, receiver = await asyncio.get_running_loop().create_datagram_endpoint(_OneAnswer, remote_addr=server)
    with closing(transport):
        transport.sendto(question)
        return await receiver.answer


async def _by_tcp(question: bytes, server: Server) -> bytes:
    """Ask again over TCP, where an answer has its length before it (RFC 1035, section 4.2.2)."""
    reader, writer = await asyncio.open_connection(*server)
    with closing(writer):
        writer.write(len(question).to_bytes(2) + question)
        return await reader.readexactly(int.from_bytes(await reader.readexactly(2)))


def _records(answer: bytes, kind: Kind) -> Iterator[bytes]:
    """Yield the data of the answer's records of this type, those that an alias led to among them."""
    _, _, questions, answers, _, _ = _HEADER.unpack_from(answer)
    at = _HEADER.size
    for _ in range(questions):
        at = _after_name(answer, at) + 4
    for _ in range(answers):
        at = _after_name(answer, at)
        found, _, _, length = _RECORD.unpack_from(answer, at)
        at += _RECORD.size + length
        if at > len(answer):
            raise IndexError
        if found == kind:
            yield answer[at - length : at]


def _after_name(answer: bytes, at: int) -> int:
    """Return where a name ends that begins here: with an empty label, or with a pointer, which is not followed."""
    while answer[at]:
        if answer[at] >= _POINTER:
            return at + 2
        at += 1 + answer[at]
    return at + 1
