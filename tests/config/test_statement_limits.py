"""Each process that others wait for has a limit for its statements; commands, and so migrations, have none."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from config.celery import all_jobs
from config.jobs import LANES
from config.processes.events import STATEMENT_SECONDS
from tests.support.token_process import shop_environment

ASK = "from django.db import connection as c; cursor = c.cursor(); cursor.execute('SHOW statement_timeout'); print(cursor.fetchone()[0])"
SLEEP = (
    "from django.db import connection as c, OperationalError\n"
    "try: c.cursor().execute('SELECT pg_sleep(30)')\n"
    "except OperationalError as error: print(type(error.__cause__).__name__)"
)
# A lane begins as a command does.
BEGIN_LANE = (
    "; from common.db.statements import limit_statements; from config.jobs import LANES; limit_statements(LANES['money'].statement); "
)


def run(module: str, code: str, **environment: str) -> str:
    given = {**shop_environment(), "DJANGO_SETTINGS_MODULE": f"config.settings.{module}", **environment}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=given, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("module", "begin", "limit"),
    [
        pytest.param("local", "import config.wsgi; ", "8s", id="web"),
        pytest.param("inner", "import config.wsgi_inner; ", "8s", id="inner"),
        pytest.param("token", "import config.wsgi_token; ", "2s", id="token"),
        pytest.param(
            "local", f"import django; django.setup(); {ASK}; c.close(){BEGIN_LANE}", "0\n20s", id="a command, then a lane of the worker"
        ),
    ],
)
def test_a_process_has_its_limit(module: str, begin: str, limit: str) -> None:
    assert run(module, begin + ASK) == limit


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("module", "begin"), [("local", "import config.wsgi"), ("inner", "import config.wsgi_inner")])
def test_a_statement_that_takes_longer_is_cancelled_and_the_limit_is_a_setting(module: str, begin: str) -> None:
    assert run(module, f"{begin}\n{SLEEP}", LAYERSTORE_STATEMENT_SECONDS="1") == "QueryCanceled"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("module", "begin"),
    [("local", "import config.wsgi; "), ("inner", "import config.wsgi_inner; "), ("token", "import config.wsgi_token; ")],
    ids=["web", "inner", "token"],
)
def test_a_connection_notices_within_seconds_that_the_machine_of_the_database_is_gone(module: str, begin: str) -> None:
    code = f"{begin}from django.db import connection as c; c.ensure_connection(); print(sorted(c.connection.get_dsn_parameters().items()))"

    given = dict(ast.literal_eval(run(module, code)))

    expected = {"tcp_user_timeout": "10000", "keepalives_idle": "4", "keepalives_interval": "2", "keepalives_count": "3"}
    assert {name: given.get(name) for name in expected} == expected


def test_operators_are_told_the_limit_of_each_process() -> None:
    section = Path(settings.BASE_DIR, "docs", "operations.md").read_text(encoding="utf-8").partition("### How long anything may take\n")[2]
    rows = [line.strip("| ").split(" | ") for line in section.partition("\n##")[0].splitlines() if line.startswith("| ")]
    lanes = {name: f"{lane.statement} s" for name, lane in LANES.items()}

    assert {process: limit for process, limit, *_ in rows[1:]} == {
        "web, inner": f"{settings.LAYERSTORE_STATEMENT_SECONDS} s",
        "token": "2 s",
        "worker": f"{lanes['money']} for money, mail and drawing, {lanes['registry']} for the registry, {lanes['default']} for the rest",
        "events": f"{STATEMENT_SECONDS} s",
        "`manage.py`, so also migrations and backups": "none",
    }
    assert lanes["money"] == lanes["mail"] == lanes["drawing"]
    assert lanes["default"] == lanes["batch"]


def test_a_statement_ends_before_the_job_that_waits_for_it() -> None:
    """A process in the middle of a statement hears no signal but the one that kills it."""
    assert [name for name, job in all_jobs().items() if job.limit <= LANES[job.lane].statement] == []
