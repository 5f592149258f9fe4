"""Runs a sandbox: HTTP, mail and webhooks, on threads of this process."""

import socket
import threading
from types import TracebackType
from typing import Self

from aiosmtpd.controller import Controller
from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.app import create_app
from sandbox.config import Config
from sandbox.mail_listener import MailKeeper
from sandbox.world import World

LOOPBACK = "127.0.0.1"
LARGEST_MAIL = 10_000_000


class Handler(WSGIRequestHandler):
    """HTTP/1.1 with kept connections; the access log would drown the demo's."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing of requests."""


class Server:
    """A running sandbox on two loopback ports; a context manager that leaves nothing running."""

    def __init__(self, config: Config, http_port: int, smtp_port: int, host: str = LOOPBACK) -> None:
        """Bind both ports, so that one in use is known at once.

        Raises:
            OSError: a port is in use.
        """
        self.world = World.opened(config)
        # bound here, since werkzeug would end the process by itself over a port in use
        self._socket = socket.create_server((host, http_port), backlog=128)
        fd = self._socket.fileno()
        self._http = make_server(host, http_port, create_app(self.world), threaded=True, request_handler=Handler, fd=fd)
        keeper = MailKeeper(config, self.world.store)
        self._smtp = Controller(keeper, hostname=host, port=smtp_port, data_size_limit=LARGEST_MAIL)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.1,), name="http", daemon=True)

    def __enter__(self) -> Self:
        """Start all three."""
        self._smtp.start()
        self.world.webhooks.start()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        """Stop all three and close the store."""
        self.world.faults.clear()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
        self._socket.close()
        self._smtp.stop()
        self.world.webhooks.stop()
        self.world.store.close()
