"""deploy/aws/database.py on a real server, by a master that is no superuser, as at RDS."""

import runpy
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings
from django.db import connection

STEP = Path(settings.BASE_DIR) / "deploy" / "aws" / "database.py"
NAMES = ("step_shop", "step_master")


def ask(statement: str, *, database: str = "postgres", user: str = "postgres") -> list[tuple]:
    with closing(psycopg2.connect(host=connection.settings_dict["HOST"], dbname=database, user=user)) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A master that makes roles and databases, and what the step reads."""
    ask("CREATE ROLE step_master LOGIN CREATEROLE CREATEDB")
    monkeypatch.setenv("LAYERSTORE_DATABASE_URL", f"postgresql://step_shop@/step_shop?host={connection.settings_dict['HOST']}")
    monkeypatch.setenv("PGPASSWORD", "first")
    monkeypatch.setenv("LAYERSTORE_MASTER_USER", "step_master")
    monkeypatch.setenv("LAYERSTORE_MASTER_PASSWORD", "masters")
    yield
    ask("DROP DATABASE IF EXISTS step_shop")
    for name in NAMES:
        ask(f"DROP ROLE IF EXISTS {name}")


def run() -> None:
    runpy.run_path(str(STEP), run_name="__main__")


def password() -> str:
    return str(ask("SELECT rolpassword FROM pg_authid WHERE rolname = 'step_shop'")[0][0])


def test_the_shops_role_owns_its_database_and_is_nothing_besides(server: None) -> None:
    run()

    assert ask("SELECT rolcanlogin, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = 'step_shop'") == [
        (True, False, False, False)
    ]
    assert ask("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'step_shop'") == [("step_shop",)]
    assert ask("SELECT has_database_privilege('layerstore', 'step_shop', 'CONNECT')") == [(False,)]
    assert ask("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'", database="step_shop") == [(1,)]
    ask("CREATE TABLE made_by_a_migration (id int)", database="step_shop", user="step_shop")


def test_a_second_run_keeps_the_data_and_gives_the_new_password(server: None, monkeypatch: pytest.MonkeyPatch) -> None:
    run()
    ask("CREATE TABLE kept (id int)", database="step_shop", user="step_shop")
    before = password()
    monkeypatch.setenv("PGPASSWORD", "second")

    run()

    assert ask("SELECT count(*) FROM kept", database="step_shop", user="step_shop") == [(0,)]
    assert before != password()
    assert before.startswith("SCRAM-SHA-256$")
    assert password().startswith("SCRAM-SHA-256$")
