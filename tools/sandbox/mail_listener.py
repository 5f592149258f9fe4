"""Takes every mail that the applications send, and keeps the newest."""

import json
import socket
from asyncio import AbstractServer
from collections.abc import Coroutine
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tools.sandbox.config import Config
from tools.sandbox.store import Store

LARGEST = 10_000_000


class MailKeeper:
    """The handler of the SMTP listener; nothing is ever passed on."""

    def __init__(self, config: Config, store: Store) -> None:
        """Mails go to the store and outlive the process."""
        self._config, self._store = config, store

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Keep one mail, and let go of the oldest beyond the limit."""
        sql = "INSERT INTO mails (received, sender, recipients, raw) VALUES (?, ?, ?, ?)"
        recipients = json.dumps([address.lower() for address in envelope.rcpt_tos])
        with self._store.transaction():
            newest = self._store.run(sql, self._config.now(), envelope.mail_from or "", recipients, envelope.content)
            self._store.run("DELETE FROM mails WHERE id <= ?", newest - self._config.mails_kept)
        return "250 kept"


class MailServer(Controller):
    """Listens on a socket that is bound already, on a thread of its own."""

    def __init__(self, keeper: MailKeeper, listening: socket.socket) -> None:
        """Take the socket over; it is closed with the server."""
        host, port = listening.getsockname()
        super().__init__(keeper, hostname=host, port=port, data_size_limit=LARGEST)
        self._listening = listening

    def _create_server(self) -> Coroutine[Any, Any, AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._listening)
