"""What stands behind the edge under test, and clients that ask it."""

import http.client
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler

from tools.stack.instance import Instance

PROXIES = "127.0.0.200, 127.0.0.208/29"


class Echo(BaseHTTPRequestHandler):
    """Answers with the request line and headers it got."""

    asked = Counter[str]()

    def do_GET(self) -> None:
        Echo.asked[self.path] += 1
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.endswith("/break-off"):
            self.close_connection = True
            return
        body = f"{self.command} {self.path}\n{self.headers}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "text/plain")
        if self.path.startswith("/media/"):
            self.send_header("Cache-Control", "public, max-age=300")
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the library looks for these names

    def log_message(self, *_: object) -> None:
        pass


def ask(instance: Instance, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", instance.port, timeout=10)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode(errors="replace")
    finally:
        connection.close()


@contextmanager
def from_address(edge: Instance, address: str) -> Iterator[http.client.HTTPConnection]:
    """Connect from another address of this machine, which the edge takes for another client."""
    connection = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=30, source_address=(address, 0))
    with closing(connection):
        yield connection


def status_for(edge: Instance, address: str, path: str, method: str = "GET") -> int:
    with from_address(edge, address) as connection:
        return answer_to(connection, path, method)[0]


def answer_to(connection: http.client.HTTPConnection, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    connection.request(method, path, headers={"Content-Length": "0"} if method == "PUT" else {})
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read()
