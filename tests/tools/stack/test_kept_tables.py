"""Stacks of script/test that come later copy what the first one's migrations made."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import pytest

from tests.support.kept_tables import copy_tables, keep_tables
from tools.stack.backups.database import started_alone
from tools.stack.instance import Instance
from tools.stack.postgres import OWNER, Postgres, find_postgres


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL's user may enter on any machine."""
    made = Path(tempfile.mkdtemp(prefix="layerstore-tables-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@contextmanager
def running(instance: Instance) -> Iterator[Postgres]:
    instance.make_folders()
    server = find_postgres(instance)
    with started_alone(instance, server):
        server.ensure_database()
        yield server
    shutil.rmtree(instance.sockets)


def asked(server: Postgres, *statements: str) -> list[tuple[object, ...]]:
    with (
        closing(psycopg2.connect(host=str(server.sockets), user=OWNER, dbname=OWNER)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_a_later_stack_has_what_the_first_had_when_it_was_kept_and_nothing_since(folder: Path) -> None:
    first, later = Instance(port=8080, var=folder / "first"), Instance(port=8080, var=folder / "later")
    (folder / "kept-here").mkdir(mode=0o711)
    where = str(folder / "kept-here")

    assert not copy_tables(later, where)
    with running(first) as server:
        asked(server, "CREATE TABLE made (name text)", "INSERT INTO made VALUES ('by a migration')")
        keep_tables(server, where)
        asked(server, "INSERT INTO made VALUES ('since')")
        keep_tables(server, where)
    assert copy_tables(later, where)

    with running(later) as server:
        assert asked(server, "SELECT name FROM made") == [("by a migration",)]
        assert asked(server, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()") == [(OWNER,)]
    assert [each.name for each in Path(where).iterdir()] == ["kept"]


def test_where_no_folder_is_named_nothing_is_kept_and_nothing_copied(folder: Path) -> None:
    instance = Instance(port=8080, var=folder / "only")

    keep_tables(find_postgres(instance), "")

    assert not copy_tables(instance, "")
    assert list(folder.iterdir()) == []


def test_a_copy_that_fails_is_told_and_leaves_nothing_that_others_would_take(folder: Path) -> None:
    instance = Instance(port=8080, var=folder / "down")

    with pytest.raises(RuntimeError, match="pg_basebackup"):
        keep_tables(find_postgres(instance), str(folder))
    assert list(folder.iterdir()) == []
