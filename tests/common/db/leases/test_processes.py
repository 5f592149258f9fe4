"""Two processes that ask for one job's lease, for real: one is killed, stopped and woken, or the store goes away. On each store.

Nothing is timed: what is awaited is awaited, and afterwards the database tells who acted when (`tools.bench.lease_workers`).
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from common.ids import new_id
from tests.support.dynamodb import table_on
from tests.support.registry import wait_until
from tests.support.token_process import shop_environment
from tools.bench.lease_workers import ACTED_TWICE, LeaseWorkers
from tools.bench.mock_aws import SETTINGS, MockAWS

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 1.5
PATIENCE = 60  # until a test that waits for what never comes is given up


@dataclass
class Job:
    """A job that two processes ask for."""

    name: str
    pids: list[int]

    def acts(self, *pids: int) -> int:
        """Count the acts of some of them."""
        return int(scalar("SELECT count(*) FROM lease_acts WHERE job = %s AND pid = ANY(%s)", self.name, list(pids)))

    def leader(self) -> int:
        """Wait until one acts; return it."""
        wait_until(lambda: self.acts(*self.pids), seconds=PATIENCE)
        return int(scalar("SELECT pid FROM lease_acts WHERE job = %s ORDER BY id DESC LIMIT 1", self.name))

    def last_run(self) -> str:
        return str(scalar("SELECT run FROM lease_acts WHERE job = %s ORDER BY id DESC LIMIT 1", self.name))

    def acts_of(self, run: str) -> int:
        return int(scalar("SELECT count(*) FROM lease_acts WHERE job = %s AND run = %s", self.name, run))

    def other(self, pid: int) -> int:
        [other] = [each for each in self.pids if each != pid]
        return other

    def runs(self) -> int:
        return int(scalar("SELECT count(DISTINCT run) FROM lease_acts WHERE job = %s", self.name))

    def acted_twice(self) -> int:
        return int(scalar(ACTED_TWICE))


@pytest.fixture(scope="module", params=["postgresql", "dynamodb"])
def workers(
    request: pytest.FixtureRequest, aws: MockAWS, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[LeaseWorkers]:
    environment = shop_environment() | SETTINGS | {"DJANGO_SETTINGS_MODULE": "config.settings.local", "LAYERSTORE_LEASES": request.param}
    if request.param == "dynamodb":
        table_on(aws, "processes")
        environment |= {"LAYERSTORE_LEASES_TABLE": "processes", "LAYERSTORE_LEASES_ENDPOINT": aws.url}
    with LeaseWorkers(environment, seconds=SECONDS) as workers:
        yield workers
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE lease_acts, lease_ends")


@pytest.fixture
def two(workers: LeaseWorkers) -> Iterator[Callable[..., Job]]:
    def start(*, trusting: bool = False) -> Job:
        job = f"job_{new_id().hex[-12:]}"
        return Job(job, [workers.start(job, trusting=trusting) for _ in range(2)])

    yield start
    workers.end()


def test_a_leader_is_killed_and_the_other_acts(workers: LeaseWorkers, two: Callable[..., Job]) -> None:
    job = two()
    leader = job.leader()

    workers.kill(leader)

    before = job.acts(job.other(leader))
    wait_until(lambda: job.acts(job.other(leader)) > before, seconds=PATIENCE)
    assert job.acted_twice() == 0


@pytest.mark.parametrize("trusting", [pytest.param(False, id="by its own clock"), pytest.param(True, id="by the database alone")])
def test_a_leader_that_was_stopped_past_its_lease_writes_nothing_when_it_wakes(two: Callable[..., Job], *, trusting: bool) -> None:
    job = two(trusting=trusting)
    leader = job.leader()
    os.kill(leader, signal.SIGSTOP)
    run, other = job.last_run(), job.other(leader)
    wait_until(lambda: job.acts(other), seconds=PATIENCE)
    before = job.acts_of(run)

    os.kill(leader, signal.SIGCONT)

    # One that was stopped in the middle of a transaction finds that PostgreSQL has ended its connection.
    wait_until(lambda: ended(job, leader), seconds=PATIENCE)
    assert ended(job, leader) in {"LeaseLost", "OperationalError", "InterfaceError"}
    assert job.acts_of(run) == before
    assert job.acted_twice() == 0


def test_while_the_store_is_away_nobody_acts_and_then_somebody_does_again(
    request: pytest.FixtureRequest, aws: MockAWS, two: Callable[..., Job]
) -> None:
    job, backend = two(), request.node.callspec.params["workers"]
    leader = job.leader()

    with away(backend, aws):
        # In PostgreSQL a run ends with its connection; DynamoDB's ends because its lease cannot be renewed.
        wait_until(lambda: backend == "postgresql" or ended(job, leader), seconds=PATIENCE)
        runs = job.runs()

    wait_until(lambda: job.runs() > runs, seconds=PATIENCE)
    assert job.acted_twice() == 0


@contextmanager
def away(backend: str, aws: MockAWS) -> Iterator[None]:
    """Let a store answer nothing: DynamoDB is stopped, and PostgreSQL knows nobody but us any more."""
    if backend == "dynamodb":
        os.kill(aws.pid, signal.SIGSTOP)
        yield
        os.kill(aws.pid, signal.SIGCONT)
        return
    name, ours = connection.settings_dict["NAME"], scalar("SELECT pg_backend_pid()")
    with connection._nodb_cursor() as beside:
        beside.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        beside.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s", [name, ours])
        yield
        beside.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def ended(job: Job, pid: int) -> str:
    """Return why a run of a process ended, nothing if none has."""
    return str(scalar("SELECT max(why) FROM lease_ends WHERE job = %s AND pid = %s", job.name, pid) or "")


def scalar(query: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, list(values))
        return cursor.fetchone()[0]
