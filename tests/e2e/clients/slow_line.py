"""A slow line to the shop: a port of its own that forwards to the edge, upwards no faster than it is told."""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread

PIECE = 256
REQUEST = re.compile(rb"(?m)^([A-Z]+ /v2/\S*) HTTP/1\.1\r\n(?:.+\r\n)*?Authorization: Bearer (\S+)\r\n")


@dataclass(frozen=True, slots=True)
class Passed:
    """A request that began to pass, and the token that it showed."""

    at: float
    request: str
    token: str


@dataclass(slots=True)
class SlowLine:
    """The line.

    Attributes:
        bytes_per_second: upwards; downwards nothing is held back.
        passed: the registry requests with a token, in order.
    """

    host: str
    target: tuple[str, int]
    bytes_per_second: int
    passed: list[Passed] = field(default_factory=list)

    def serve(self, listener: socket.socket) -> None:
        with suppress(OSError):  # the listener is closed at the end
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(self.target)
                for pump in (self._up, self._down):
                    Thread(target=pump, args=(client, server), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with client, server, suppress(OSError):
            while said := client.recv(65_536):
                self.passed += [Passed(time.time(), request.decode(), token.decode()) for request, token in REQUEST.findall(said)]
                for start in range(0, len(said), PIECE):
                    server.sendall(said[start : start + PIECE])
                    time.sleep(PIECE / self.bytes_per_second)
            server.shutdown(socket.SHUT_WR)

    def _down(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while said := server.recv(65_536):
                client.sendall(said)


@contextmanager
def slow_line(port: int, *, bytes_per_second: int) -> Iterator[SlowLine]:
    """Forward a free port of the loopback to this one."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line = SlowLine(f"127.0.0.1:{listener.getsockname()[1]}", ("127.0.0.1", port), bytes_per_second)
        Thread(target=line.serve, args=(listener,), daemon=True).start()
        yield line
        listener.shutdown(socket.SHUT_RDWR)
