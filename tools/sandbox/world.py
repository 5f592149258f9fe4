"""One sandbox in one process: its parts, made together and closed together."""

import json
from dataclasses import dataclass

from tools.sandbox import payments
from tools.sandbox.act import Act
from tools.sandbox.config import Config
from tools.sandbox.faults import Faults
from tools.sandbox.idempotency import Keys
from tools.sandbox.sessions import close_session
from tools.sandbox.store import Store
from tools.sandbox.webhooks import Webhooks

# Looked for after each transaction: SQLite would read all sessions of the run, unless it is told which index to go by.
OVERDUE = (
    "SELECT body, owner FROM objects INDEXED BY sessions_open WHERE kind = 'checkout.session' AND json_extract(body, '$.status') = 'open'"
    " AND json_extract(body, '$.expires_at') <= ?"
)
SETTLED = (
    "SELECT body, owner FROM objects INDEXED BY sessions_settling WHERE kind = 'checkout.session'"
    " AND json_extract(body, '$._settles.at') <= ?"
)


@dataclass(frozen=True, slots=True)
class World:
    """What the pages and endpoints share."""

    config: Config
    store: Store
    keys: Keys
    faults: Faults
    webhooks: Webhooks

    @classmethod
    def opened(cls, config: Config) -> "World":
        """The world as it was left in the data folder, which is made if it is not there."""
        config.data.mkdir(parents=True, exist_ok=True)
        store = Store(config.data / "sandbox.sqlite3")
        webhooks = Webhooks(config, store, lambda: tick(config, store))
        return cls(config, store, Keys(store), Faults(), webhooks)

    def act(self, owner: str = "") -> Act:
        """An act without an API request behind it: a click or a control command."""
        return Act(self.config, self.store, owner)


def tick(config: Config, store: Store) -> None:
    """Expire the sessions and settle the bank debits that are due now. Writes nothing if none are."""
    now = config.now()
    if not (store.rows(OVERDUE, now) or store.rows(SETTLED, now)):
        return
    with store.transaction():
        for row in store.rows(OVERDUE, now):
            close_session(Act(config, store, row["owner"]), json.loads(row["body"]))
        for row in store.rows(SETTLED, now):
            session = json.loads(row["body"])
            payments.settle(Act(config, store, row["owner"]), session, succeeds=session["_settles"]["succeeds"])
