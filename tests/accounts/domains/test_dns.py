"""The resolver, against a server on loopback that answers as told."""

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from accounts.domains import dns
from accounts.domains.dns import DnsError, Kind, look_up, resolvers, text_of

Answer = Callable[[bytes], bytes | None]
QUESTION_ENDS = 4  # type and class


def record(kind: int, data: bytes) -> bytes:
    """A record of the name in the question, to which it points."""
    return struct.pack("!HHHIH", 0xC00C, kind, 1, 60, len(data)) + data


def answering(*records: bytes, flags: int = 0x8180) -> Callable[[bytes], bytes]:
    """Answer each question with these records."""

    def answer(question: bytes) -> bytes:
        return question[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0) + question[12:] + b"".join(records)

    return answer


class _Server(asyncio.DatagramProtocol):
    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        answer = self.answer(data)
        if answer is not None:
            self.transport.sendto(answer, addr)
            self.transport.sendto(answer, addr)  # a second one is nobody's


def asked(answer: Answer, name: str = "_layerstore.acme.com", kind: Kind = Kind.TXT, by_tcp: Answer | None = None) -> list[bytes]:
    """Ask a server that answers so over UDP, and so over TCP."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        question = await reader.readexactly(int.from_bytes(await reader.readexactly(2)))
        reply = by_tcp(question) if by_tcp else None
        writer.write(b"" if reply is None else len(reply).to_bytes(2) + reply)
        writer.close()

    async def run() -> list[bytes]:
        # A port that is free for both: the kernel chooses that of TCP, and somebody may have it for UDP.
        while True:
            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            address = server.sockets[0].getsockname()
            try:
                transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: _Server(answer), local_addr=address)
            except OSError:
                server.close()
            else:
                break
        async with server:
            with closing(transport):
                return await look_up(name, kind, servers=[address])

    return asyncio.run(run())


def test_the_records_of_the_type_are_returned_and_no_others() -> None:
    alias = record(5, b"\x03www\x04acme\x03com\x00")

    assert asked(answering(alias, record(16, b"\x03one"), record(16, b"\x03two"))) == [b"\x03one", b"\x03two"]
    assert asked(answering(alias, record(1, bytes([192, 0, 2, 1]))), kind=Kind.A) == [bytes([192, 0, 2, 1])]


def test_a_name_is_asked_label_by_label() -> None:
    questions = []

    def answer(question: bytes) -> bytes:
        questions.append(question[12:])
        return answering()(question)

    assert asked(answer, "acme.com", Kind.AAAA) == []
    assert questions == [b"\x04acme\x03com\x00\x00\x1c\x00\x01"]


def test_the_strings_of_a_text_are_joined() -> None:
    assert text_of(b"\x05layer\x05store") == "layerstore"
    assert text_of(b"") == ""
    assert text_of(b"\x01\xff") == "�"


def test_a_name_that_is_not_there_has_no_records() -> None:
    assert asked(answering(flags=0x8183)) == []


def test_an_answer_that_is_cut_is_asked_for_over_tcp() -> None:
    assert asked(answering(flags=0x8380), by_tcp=answering(record(16, b"\x04long"))) == [b"\x04long"]


@pytest.mark.parametrize(
    ("answer", "by_tcp", "sentence"),
    [
        pytest.param(answering(flags=0x8182), None, "refused to answer .code 2.", id="server failure"),
        pytest.param(lambda _: b"\0\0", None, "another question", id="too short"),
        pytest.param(lambda question: bytes([question[0] ^ 1]) + answering()(question)[1:], None, "another question", id="another number"),
        pytest.param(answering(flags=0x0100), None, "another question", id="a question"),
        pytest.param(lambda question: answering(record(16, b"\x03one"))(question)[:-1], None, "cannot be read", id="cut data"),
        pytest.param(lambda question: answering(record(16, b""))(question)[:-6], None, "cannot be read", id="cut header"),
        pytest.param(answering(b"\x3f"), None, "cannot be read", id="name without an end"),
        pytest.param(answering(flags=0x8380), lambda _: None, "could not be reached", id="TCP hangs up"),
    ],
)
def test_what_is_no_answer_is_an_error_with_a_sentence(answer: Answer, by_tcp: Answer | None, sentence: str) -> None:
    with pytest.raises(DnsError, match=sentence):
        asked(answer, by_tcp=by_tcp)


def test_a_resolver_that_says_nothing_is_given_up_and_the_next_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.domains.dns._SECONDS", 0.01)

    with pytest.raises(DnsError, match="did not answer"):
        asked(lambda _: None)


def test_a_resolver_that_is_not_there_is_an_error(unused_port: int) -> None:
    with pytest.raises(DnsError, match="could not be reached"):
        asyncio.run(look_up("acme.com", Kind.A, servers=[("127.0.0.1", unused_port)]))


def test_no_resolver_at_all_is_an_error() -> None:
    with pytest.raises(DnsError, match="did not answer"):
        asyncio.run(look_up("acme.com", Kind.A, servers=[]))


@pytest.fixture
def unused_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_the_resolvers_are_those_of_the_machine(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text("# ours\nsearch lan\nnameserver 192.0.2.53\nnameserver\noptions edns0\nnameserver ::1\n")

    assert resolvers(file) == [("192.0.2.53", 53), ("::1", 53)]
    assert resolvers(tmp_path / "none") == [("127.0.0.1", 53)]
    assert resolvers()


def test_the_first_word_of_a_resolver_counts() -> None:
    async def hear() -> tuple[bytes, BaseException | None]:
        answered, refused = dns._OneAnswer(), dns._OneAnswer()
        answered.datagram_received(b"first", None)
        answered.datagram_received(b"second", None)
        answered.error_received(ConnectionRefusedError())
        refused.error_received(ConnectionRefusedError())
        refused.datagram_received(b"late", None)
        return await answered.answer, refused.answer.exception()

    answer, error = asyncio.run(hear())

    assert answer == b"first"
    assert isinstance(error, ConnectionRefusedError)
