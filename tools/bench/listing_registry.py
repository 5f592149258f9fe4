"""A registry for `script/bench reconciliation`: python -m tools.bench.listing_registry PORT MEGABYTES REPOSITORY.

The first half of it comes in pages of `n` names with a Link to the next, as distribution's does. The rest comes in one answer: a registry
need not keep to `n`. So do the tags of the one repository that has any, as with distribution 2.8.
"""

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain, islice
from urllib.parse import parse_qs, urlsplit

TAGS = 2_000
LENGTH = 100  # characters of each name
_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
_CONFIG = json.dumps({"os": "linux", "architecture": "amd64"}).encode()


class Registry(ThreadingHTTPServer):
    """The server: how many repositories there are, and the last of them, which has tags."""

    def __init__(self, port: int, megabytes: int, tagged: str) -> None:
        super().__init__(("127.0.0.1", port), _Answers)
        self.repositories, self.tagged = megabytes * 1_000_000 // (LENGTH + 3), tagged


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024  # an answer is one packet, not two
    server: Registry

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        kind, reference = url.path.rsplit("/", 2)[1:]
        if reference == "_catalog":
            asked = parse_qs(url.query)
            self._catalogue(int(asked["n"][0]), asked.get("last", [""])[0])
        elif kind == "tags":
            self._stream("tags", (f"{number:0{LENGTH}}" for number in range(TAGS)))
        elif kind == "manifests":
            content = _manifest()
            headers = {"Docker-Content-Digest": _digest(content), "Content-Type": "application/vnd.oci.image.manifest.v1+json"}
            self._answer(content, headers)
        else:
            self._answer(_CONFIG, {"Content-Type": "application/octet-stream"})

    def _catalogue(self, size: int, last: str) -> None:
        start = int(last.rpartition("/")[2]) + 1 if last else 0
        names = (f"listed/{number:0{LENGTH - 7}}" for number in range(start, self.server.repositories))
        if start >= self.server.repositories // 2:
            self._stream("repositories", chain(names, [self.server.tagged]))
            return
        page = list(islice(names, size))
        link = f'</v2/_catalog?last={page[-1]}&n={size}>; rel="next"'
        self._answer(json.dumps({"repositories": page}).encode(), {"Content-Type": "application/json", "Link": link})

    def _stream(self, key: str, names: Iterable[str]) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in _written(key, iter(names)):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")

    def _answer(self, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(HTTPStatus.OK)
        for header, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(header, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def _written(key: str, names: Iterator[str]) -> Iterator[bytes]:
    yield f'{{"{key}": ['.encode()
    between = ""
    while some := list(islice(names, 500)):
        yield (between + ",".join(f'"{name}"' for name in some)).encode()
        between = ","
    yield b"]}"


def _manifest() -> bytes:
    """Return the one manifest that all tags point at."""
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "size": 9, "digest": f"sha256:{'a' * 64}"}
    config = {"mediaType": _CONFIG_TYPE, "size": len(_CONFIG), "digest": _digest(_CONFIG)}
    return json.dumps({"schemaVersion": 2, "config": config, "layers": [layer] * 20}).encode()


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


if __name__ == "__main__":
    Registry(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]).serve_forever()
