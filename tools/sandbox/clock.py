"""The clock: what is due at a certain time, and a test clock that can be set forward.

Set forward are balances, payouts, disputes, bank debits and subscriptions. Checkouts, links and deliveries keep to real time,
because browsers and the shop that they meet do.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tools.sandbox import balance, disputes, payments, payouts, renewals, signup
from tools.sandbox.act import Act
from tools.sandbox.config import Config
from tools.sandbox.errors import InvalidRequest
from tools.sandbox.store import Store

A_YEAR = 366 * 86400
# Looked for after each transaction: SQLite would read all objects of the run, unless it is told which index to go by.
OVERDUE = (
    "SELECT body, owner FROM objects INDEXED BY sessions_open WHERE kind = 'checkout.session' AND json_extract(body, '$.status') = 'open'"
    " AND json_extract(body, '$.expires_at') <= ?"
)
SETTLED = (
    "SELECT body, owner FROM objects INDEXED BY sessions_settling WHERE kind = 'checkout.session'"
    " AND json_extract(body, '$._settles.at') <= ?"
)
AVAILABLE = (
    "SELECT body, owner FROM objects INDEXED BY entries_pending WHERE kind = 'balance_transaction'"
    " AND json_extract(body, '$.status') = 'pending' AND json_extract(body, '$.available_on') <= ?"
)
MOVING = "SELECT body, owner FROM objects INDEXED BY payouts_moving WHERE kind = 'payout' AND json_extract(body, '$._next') <= ?"
UNANSWERED = (
    "SELECT body, owner FROM objects INDEXED BY disputes_waiting WHERE kind = 'dispute' AND json_extract(body, '$._waits_until') <= ?"
)
SUBSCRIPTIONS = (
    "SELECT body, owner FROM objects INDEXED BY subscriptions_due WHERE kind = 'subscription' AND json_extract(body, '$._due') <= ?"
)
NEXT_DUE = (
    "SELECT min(json_extract(body, '$._due')) AS due FROM objects INDEXED BY subscriptions_due WHERE kind = 'subscription'"
    " AND json_extract(body, '$._due') > ?"
)
# In real time, and in the test clock's. The balance comes before payouts, which pay it.
IN_REAL_TIME: tuple[tuple[str, Callable[[Act, dict[str, Any]], object]], ...] = ((OVERDUE, signup.close),)
BY_TEST_CLOCK: tuple[tuple[str, Callable[[Act, dict[str, Any]], object]], ...] = (
    (SETTLED, lambda act, session: payments.settle(act, session, succeeds=session["_settles"]["succeeds"])),
    (AVAILABLE, balance.make_available),
    (MOVING, payouts.move_on),
    (UNANSWERED, disputes.time_out),
    (SUBSCRIPTIONS, renewals.move_on),
)


def tick(config: Config, store: Store) -> None:
    """Do everything that is due now. Writes nothing if nothing is."""
    act = Act(config, store)
    now = act.now()
    due = [(sql, config.now(), deed) for sql, deed in IN_REAL_TIME] + [(sql, now, deed) for sql, deed in BY_TEST_CLOCK]
    today = payouts.day_of(now).isoformat()
    if store.switch("payday") == today and not any(store.rows(f"{sql} LIMIT 1", moment) for sql, moment, _ in due):
        return
    with store.transaction():
        for sql, moment, deed in due:
            for row in store.rows(sql, moment):
                deed(act.of(row["owner"]), json.loads(row["body"]))
        _pay_out(act, now, today)


def _pay_out(act: Act, now: int, today: str) -> None:
    last = act.store.switch("payday")
    if last == today:
        return
    act.store.set_switch("payday", today)
    if last is not None:  # a sandbox that has just been made has nothing to pay out
        payouts.pay_out_by_schedule(act, payouts.day_of(now))


def advance(config: Config, store: Store, seconds: int) -> dict[str, Any]:
    """Set the test clock forward, by days and by what subscriptions have to do, so that everything on the way happens in its order.

    Raises:
        InvalidRequest: backwards, or more than a year.
    """
    if not 0 < seconds <= A_YEAR:
        raise InvalidRequest(f"seconds is from 1 to {A_YEAR}", param="seconds")
    act = Act(config, store)
    with store.transaction():
        tick(config, store)
        until = act.now() + seconds
        while (now := act.now()) < until:
            step = next_stop(store, now, until) - now
            store.set_switch("ahead", (store.switch("ahead") or 0) + step)
            tick(config, store)
    return read_clock(config, store)


def read_clock(config: Config, store: Store) -> dict[str, Any]:
    """What the test clock says, and how far it is ahead."""
    return {"now": Act(config, store).now(), "ahead": store.switch("ahead") or 0}


def next_stop(store: Store, now: int, until: int) -> int:
    """The next moment at which something happens by itself, midnights included; `until` if nothing does before."""
    return min(_next_midnight(now), _next_due(store, now), until)


def _next_due(store: Store, moment: int) -> int:
    """When the next subscription has something to do; a year later if none has."""
    (row,) = store.rows(NEXT_DUE, moment)
    return int(row["due"] or moment + A_YEAR)


def _next_midnight(moment: int) -> int:
    day = datetime.fromtimestamp(moment, UTC).replace(hour=0, minute=0, second=0)
    return int((day + timedelta(days=1)).timestamp())
