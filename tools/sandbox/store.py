"""What the sandbox remembers: one SQLite file, so that a killed process loses nothing it has answered."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    owner TEXT NOT NULL, created INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS objects_kind ON objects (kind, owner, seq);
CREATE INDEX IF NOT EXISTS sessions_open ON objects (json_extract(body, '$.expires_at'))
    WHERE kind = 'checkout.session' AND json_extract(body, '$.status') = 'open';
CREATE INDEX IF NOT EXISTS sessions_settling ON objects (json_extract(body, '$._settles.at')) WHERE kind = 'checkout.session';
CREATE INDEX IF NOT EXISTS entries_pending ON objects (json_extract(body, '$.available_on'))
    WHERE kind = 'balance_transaction' AND json_extract(body, '$.status') = 'pending';
CREATE INDEX IF NOT EXISTS payouts_moving ON objects (json_extract(body, '$._next')) WHERE kind = 'payout';
CREATE INDEX IF NOT EXISTS disputes_waiting ON objects (json_extract(body, '$._waits_until')) WHERE kind = 'dispute';
CREATE INDEX IF NOT EXISTS subscriptions_due ON objects (json_extract(body, '$._due')) WHERE kind = 'subscription';
CREATE INDEX IF NOT EXISTS refunds_charge ON objects (json_extract(body, '$.charge'), seq) WHERE kind = 'refund';
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL, status INTEGER, error TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due);
CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event);
CREATE TABLE IF NOT EXISTS answers (
    owner TEXT NOT NULL, key TEXT NOT NULL, path TEXT NOT NULL, digest TEXT NOT NULL, status INTEGER NOT NULL,
    body TEXT NOT NULL, request_id TEXT NOT NULL, created INTEGER NOT NULL, PRIMARY KEY (owner, key));
CREATE TABLE IF NOT EXISTS mails (
    id INTEGER PRIMARY KEY AUTOINCREMENT, received INTEGER NOT NULL, sender TEXT NOT NULL, recipients TEXT NOT NULL,
    raw BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS switches (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Store:
    """One connection behind one lock: every transaction sees all earlier ones, and either happens whole or not at all."""

    def __init__(self, path: Path) -> None:
        """Open or create the file; its folder must exist."""
        self._lock = threading.RLock()
        self._depth = 0
        self._listeners: list[Callable[[], None]] = []
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")  # with a WAL, only a power cut loses anything (https://sqlite.org/pragma.html)
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file after the running transaction."""
        with self._lock:
            self._db.close()

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each committed transaction from now on."""
        self._listeners.append(listener)

    def forget(self, listener: Callable[[], None]) -> None:
        """Call it no more."""
        self._listeners.remove(listener)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block alone and whole; nested blocks join the outer one. An exception undoes everything."""
        with self._lock:
            if self._depth:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            else:
                self._db.execute("COMMIT")
            finally:
                self._depth = 0
        for listener in [*self._listeners]:
            listener()

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Run the block and undo all that it has written."""
        with self.transaction():
            self._db.execute("SAVEPOINT rehearsal")
            try:
                yield
            finally:
                self._db.execute("ROLLBACK TO rehearsal")
                self._db.execute("RELEASE rehearsal")

    def run(self, sql: str, *values: object) -> int:
        """Execute one writing statement; returns the id of an inserted row."""
        with self._lock:
            return int(self._db.execute(sql, values).lastrowid or 0)

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def add(self, body: dict[str, Any], owner: str) -> dict[str, Any]:
        """Insert a new object of Stripe under the account that owns it ("" is the platform)."""
        sql = "INSERT INTO objects (id, kind, owner, created, body) VALUES (?, ?, ?, ?, ?)"
        moment = {"invoiceitem": "date", "discount": "start"}.get(body["object"], "created")
        self.run(sql, body["id"], body["object"], owner, body[moment], json.dumps(body))
        return body

    def save(self, body: dict[str, Any]) -> dict[str, Any]:
        """Write the new state of an object that exists."""
        self.run("UPDATE objects SET body = ? WHERE id = ?", json.dumps(body), body["id"])
        return body

    def remove(self, key: str) -> None:
        """Forget an object."""
        self.run("DELETE FROM objects WHERE id = ?", key)

    def get(self, kind: str, key: str, owner: str | None = None) -> dict[str, Any] | None:
        """The object, or None if there is none of this kind (and, if given, of this owner)."""
        sql = "SELECT body FROM objects WHERE id = ? AND kind = ? AND (? IS NULL OR owner = ?)"
        found = self.rows(sql, key, kind, owner, owner)
        return json.loads(found[0]["body"]) if found else None

    def where(self, kind: str, owner: str, condition: str, *values: object) -> list[dict[str, Any]]:
        """The objects of an owner for which a condition of ours holds, oldest first."""
        sql = f"SELECT body FROM objects WHERE kind = ? AND owner = ? AND {condition} ORDER BY seq"  # noqa: S608  written in this package
        return [json.loads(row["body"]) for row in self.rows(sql, kind, owner, *values)]

    def switch(self, name: str) -> Any:
        """A value that was set, or None."""
        found = self.rows("SELECT value FROM switches WHERE name = ?", name)
        return json.loads(found[0]["value"]) if found else None

    def set_switch(self, name: str, value: object) -> None:
        """Remember a value that belongs to no object."""
        self.run("INSERT OR REPLACE INTO switches VALUES (?, ?)", name, json.dumps(value))

    def owner_of(self, key: str) -> str:
        """The account that owns an object ("" is the platform)."""
        return str(self.rows("SELECT owner FROM objects WHERE id = ?", key)[0]["owner"])

    def newest(self, kind: str, limit: int = 100) -> list[dict[str, Any]]:
        """The newest objects of one kind, of all owners."""
        sql = "SELECT body FROM objects WHERE kind = ? ORDER BY seq DESC LIMIT ?"
        return [json.loads(row["body"]) for row in self.rows(sql, kind, limit)]
