"""Takes every mail that the applications send, and keeps the newest."""

import json

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.config import Config
from sandbox.store import Store


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
