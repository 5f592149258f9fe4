"""What time alone brings about: sessions expire, bank debits settle."""

import json

from tools.sandbox import payments
from tools.sandbox.act import Act
from tools.sandbox.config import Config
from tools.sandbox.sessions import close_session
from tools.sandbox.store import Store

OVERDUE = (
    "SELECT body, owner FROM objects WHERE kind = 'checkout.session' AND json_extract(body, '$.status') = 'open'"
    " AND json_extract(body, '$.expires_at') <= ?"
)
SETTLED = "SELECT body, owner FROM objects WHERE kind = 'checkout.session' AND json_extract(body, '$._settles.at') <= ?"


def tick(config: Config, store: Store) -> None:
    """Do all that is due now; idle, it writes nothing."""
    now = config.now()
    if not (store.rows(OVERDUE, now) or store.rows(SETTLED, now)):
        return
    with store.transaction():
        for row in store.rows(OVERDUE, now):
            close_session(Act(config, store, row["owner"]), json.loads(row["body"]))
        for row in store.rows(SETTLED, now):
            session = json.loads(row["body"])
            payments.settle(Act(config, store, row["owner"]), session, succeeds=session["_settles"]["succeeds"])
