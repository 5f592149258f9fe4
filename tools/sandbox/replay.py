"""Webhooks under a test's control: held back, let go in any order, repeated, all at once."""

import threading
from typing import Any

from flask import request

from tools.sandbox.errors import InvalidRequest
from tools.sandbox.webhooks import Outcome
from tools.sandbox.world import World


def hold(world: World) -> dict[str, Any]:
    """From now on keep every new delivery back, also over a restart."""
    with world.store.transaction():
        world.store.run("INSERT OR IGNORE INTO switches VALUES ('hold', '1')")
    return {"holding": True}


def holding(world: World) -> bool:
    """Are new deliveries kept back?"""
    return bool(world.store.rows("SELECT 1 FROM switches WHERE name = 'hold'"))


def release(world: World, *, order: str, copies: int, at_once: bool, events: list[str], keep_holding: bool) -> list[dict[str, Any]]:
    """Send what was held, by order ("oldest" or "newest" first) or as listed; answers when all has been sent."""
    with world.store.transaction():
        if not keep_holding:
            world.store.run("DELETE FROM switches WHERE name = 'hold'")
        rows = world.store.rows("SELECT event FROM deliveries WHERE state = 'held' ORDER BY id")
        waiting = [row["event"] for row in rows]
        chosen = events or (waiting if order == "oldest" else waiting[::-1])
        if unknown := set(chosen) - set(waiting):
            raise InvalidRequest(f"Not held: {', '.join(sorted(unknown))}")
        for event in chosen:
            world.store.run("UPDATE deliveries SET state = 'sending' WHERE event = ?", event)
    return resend(world, chosen, copies=copies, at_once=at_once)


def drop(world: World) -> dict[str, Any]:
    """Let what was held get lost: it is never sent by itself. New deliveries are sent again."""
    with world.store.transaction():
        world.store.run("DELETE FROM switches WHERE name = 'hold'")
        lost = len(world.store.rows("SELECT 1 FROM deliveries WHERE state = 'held'"))
        world.store.run("UPDATE deliveries SET state = 'lost' WHERE state = 'held'")
    return {"lost": lost}


def resend(world: World, events: list[str], *, copies: int, at_once: bool) -> list[dict[str, Any]]:
    """Send each event so many times now; answers with what each attempt met."""
    for event in events:
        if world.store.get("event", event) is None:
            raise InvalidRequest(f"No such event: {event}")
    wanted = [event for event in events for _ in range(max(1, copies))]
    outcomes = world.webhooks.send_many(wanted, at_once=at_once)
    with world.store.transaction():
        for event, outcome in zip(wanted, outcomes, strict=True):
            _record(world, event, outcome)
    return [{"event": event, "status": outcome.status, "error": outcome.error} for event, outcome in zip(wanted, outcomes, strict=True)]


def _record(world: World, event: str, outcome: Outcome) -> None:
    """A delivery that got through once stays delivered; one that never did is tried again by itself."""
    sql = (
        "UPDATE deliveries SET attempts = attempts + 1, status = ?, error = ?, due = ?,"
        " state = CASE WHEN ? OR state = 'delivered' THEN 'delivered' ELSE 'due' END WHERE event = ?"
    )
    due = world.config.clock() + world.config.retry_delays[0]
    world.store.run(sql, outcome.status, outcome.error, due, outcome.delivered, event)


def idle(world: World) -> bool:
    """Wait (`?seconds=`, 10 by default) until no delivery is due or on its way; False if that did not come."""
    changed = threading.Event()
    world.store.on_commit(changed.set)
    until = world.config.clock() + request.args.get("seconds", 10.0, float)
    try:
        while world.store.rows("SELECT 1 FROM deliveries WHERE state IN ('due', 'sending') LIMIT 1"):
            if (left := until - world.config.clock()) <= 0 or not changed.wait(left):
                return False
            changed.clear()
    finally:
        world.store.forget(changed.set)
    return True
