"""Runs a sandbox: HTTP, mail and webhooks, on threads of this process."""

import socket
import threading
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from werkzeug.serving import WSGIRequestHandler, make_server

from tools.sandbox.app import create_app
from tools.sandbox.config import Config
from tools.sandbox.mail_listener import MailKeeper, MailServer
from tools.sandbox.world import World

LOOPBACK = "127.0.0.1"


class Handler(WSGIRequestHandler):
    """HTTP/1.1 with keep-alive, and without an access log, which would drown the demo's output."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log no request."""


class Server:
    """A running sandbox on two loopback ports; a context manager that leaves nothing running."""

    def __init__(self, config: Config, http_port: int, smtp_port: int, host: str = LOOPBACK) -> None:
        """Bind both ports before anything else, so that one in use is known at once.

        Raises:
            OSError: a port is in use, or the data folder cannot be written.
        """
        with ExitStack() as undo:
            self._listening = undo.enter_context(socket.create_server((host, http_port), backlog=128))
            mails = undo.enter_context(socket.create_server((host, smtp_port)))
            self.world = World.opened(config)
            app, fd = create_app(self.world), self._listening.fileno()
            # werkzeug gets the bound socket: if it found the port in use, it would end the process itself
            self._http = make_server(host, http_port, app, threaded=True, request_handler=Handler, fd=fd)
            self._smtp = MailServer(MailKeeper(config, self.world.store), mails)
            self._thread = threading.Thread(target=self._http.serve_forever, args=(0.1,), name="http", daemon=True)
            undo.pop_all()

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
        self._listening.close()
        self._smtp.stop()
        self.world.webhooks.stop()
        self.world.store.close()
