"""A shop whose database is played, and backups of it."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.tools.stack.backups.shop import Shop
from tools.stack.backups import restoring, taking
from tools.stack.backups.database import Snapshot
from tools.stack.instance import Instance


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop whose database is played: it says what can be pulled, and its dump is a word."""
    made = Shop(tmp_path / "var")

    @contextmanager
    def snapshot(_instance: Instance, _environment: object) -> Iterator[Snapshot]:
        yield Snapshot("1", made.migrations, manifests=made.manifests)

    monkeypatch.setattr(taking, "_database", lambda *_: None)
    monkeypatch.setattr(taking, "snapshot", snapshot)
    monkeypatch.setattr(taking, "dump", lambda _server, file, at: file.write_text(f"dump at {at.name}"))
    return made


@pytest.fixture
def take(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Take a backup; each bears the next second's name."""
    seconds = itertools.count()

    def begin(self: taking.Backup, *arguments: Any) -> None:
        made(self, *arguments)
        self.made_at = datetime(2026, 11, 29, 1, 2, 3, tzinfo=UTC) + timedelta(seconds=next(seconds))

    made = taking.Backup.__init__
    monkeypatch.setattr(taking.Backup, "__init__", begin)

    def run(keep: int = 9) -> Path:
        return taking.take_backup(shop.instance, tmp_path / "backups", keep=keep)

    return run


def loaded(_server: object, file: Path) -> None:
    assert file.read_text() == "dump at 1"


@pytest.fixture
def restore(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Restore without a database: its folder is made, and nothing runs."""

    @contextmanager
    def alone(_instance: Instance, server) -> Iterator[None]:
        server.data.mkdir(parents=True)
        yield

    monkeypatch.setattr(restoring, "started_alone", alone)
    monkeypatch.setattr(restoring, "load", loaded)
    return restoring.restore_backup
