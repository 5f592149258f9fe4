"""Stand-ins for those whom the shop asks, behind gates: a gate that is shut takes connections and says nothing."""

import hashlib
import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

CONFIG = json.dumps({"architecture": "amd64", "os": "linux"}).encode()
CONFIG_DIGEST = f"sha256:{hashlib.sha256(CONFIG).hexdigest()}"
MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": CONFIG_DIGEST, "size": len(CONFIG)},
        "layers": [],
    }
).encode()
MANIFEST_DIGEST = f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"


class Gate:
    """A door before a server on loopback."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._open = threading.Event()
        self._open.set()
        self._lock = threading.Lock()
        self.waiting = 0
        gate = self

        class Visitor(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                gate._let_through(self.request)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Visitor)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def shut(self) -> None:
        """From now on take what comes, and answer nothing."""
        self.waiting = 0
        self._open.clear()

    def open(self) -> None:
        """Let everything through again, also what waits."""
        self._open.set()

    def close(self) -> None:
        self.open()
        self._server.shutdown()
        self._server.server_close()

    def _wait(self) -> None:
        if not self._open.is_set():
            with self._lock:
                self.waiting += 1
            self._open.wait()

    def _let_through(self, visitor: socket.socket) -> None:
        self._wait()
        with socket.create_connection(("127.0.0.1", self._target)) as server:
            threading.Thread(target=self._carry, args=(server, visitor), daemon=True).start()
            self._carry(visitor, server, gated=True)

    def _carry(self, source: socket.socket, sink: socket.socket, *, gated: bool = False) -> None:
        try:
            while data := source.recv(65536):
                if gated:
                    self._wait()
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:  # either side has gone
            return


class _Registry(BaseHTTPRequestHandler):
    """A registry and its token endpoint that know one image."""

    def do_GET(self) -> None:
        if self.path.startswith("/auth/token"):
            content, kind = json.dumps({"token": "shown to nobody", "expires_in": 300}).encode(), "application/json"
        elif "/manifests/" in self.path:
            content, kind = MANIFEST, json.loads(MANIFEST)["mediaType"]
        else:
            content, kind = CONFIG, "application/octet-stream"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_HEAD = do_GET  # noqa: N815  the library's name

    def log_message(self, *_: object) -> None:
        pass


class _Letterbox:
    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        return "250 taken"


@contextmanager
def gated_registry() -> Iterator[Gate]:
    """Run a registry with its token endpoint behind a gate."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    gate = Gate(int(server.server_address[1]))
    try:
        yield gate
    finally:
        gate.close()
        server.shutdown()
        server.server_close()


@contextmanager
def gated_mail_server() -> Iterator[Gate]:
    """Run a mail server behind a gate."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    controller = Controller(_Letterbox(), hostname="127.0.0.1", port=port)
    controller.start()
    gate = Gate(port)
    try:
        yield gate
    finally:
        gate.close()
        controller.stop()
