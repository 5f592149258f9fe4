"""The sale through PgBouncer in transaction mode: two sessions of PostgreSQL for every process of the shop."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from tests.support.stack import LiveStack
from tests.support.trade import Trade, eventually, silent
from tools.stack.clients import Refused
from tools.stack.instance import ROOT
from tools.stack.pooler import running_pooler
from tools.stack.signals import dying_with_parent

SESSIONS = 2
PROCESSES = ("web", "token", "inner", "worker")
CONNECTED = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'layerstore' AND pid <> pg_backend_pid()"


@pytest.fixture
def pooled(trade: Trade) -> Iterator[Trade]:
    """The stack's people, while its processes reach the database through the pooler alone.

    They do not come back: whoever stands on this comes last (conftest).
    """
    stack = trade.stack
    host = str(stack.instance.sockets / "postgres")
    with running_pooler(host=host, database="layerstore", user="layerstore", sessions=SESSIONS) as address:
        with ThreadPoolExecutor() as beside:
            list(beside.map(stack.stop_part, PROCESSES))
        with running(stack, {"LAYERSTORE_DATABASE_URL": address, "LAYERSTORE_DATABASE_POOLING": "transaction"}):
            yield trade


@contextmanager
def running(stack: LiveStack, settings: dict[str, str]) -> Iterator[None]:
    """Run the stack's processes under other settings, in the places of its own."""
    parts = [stack.supervisor.parts[name] for name in PROCESSES]
    ready = {part.name: part.ready() for part in parts}
    with ExitStack() as ending:
        processes: list[subprocess.Popen[bytes]] = []
        ending.callback(lambda: [process.wait(timeout=60) for process in processes])
        for part in parts:
            log = ending.enter_context(stack.instance.log(part.name).open("ab"))
            command = [*dying_with_parent("TERM"), *part.command]
            environment = stack.environment | settings
            process = subprocess.Popen(command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            processes.append(process)
            ending.callback(process.terminate)
        for name, has_begun in ready.items():
            eventually(has_begun, f"{name} has begun")
        yield


def test_a_sale_and_its_pull_need_no_session_of_their_own(pooled: Trade) -> None:
    before = {name: len(pooled.stack.log(name)) for name in PROCESSES}  # what earlier tests broke on purpose
    seller = pooled.seller("pooled")
    sold = pooled.sell(seller, pooled.good("pooled", "db", price=4900))
    buyer = pooled.person()
    with pytest.raises(Refused):
        pooled.skopeo(buyer).pull(sold.reference, silent)

    pooled.buy(buyer, sold)

    assert pooled.docker(buyer).pull(sold.reference, silent) == sold.digests[0]
    assert int(pooled.stack.sql(CONNECTED)[0]) <= SESSIONS
    assert pooled.stack.sql("SELECT count(*) FROM common_exclusiveact") == ["0"]
    for name in PROCESSES:
        assert "Traceback" not in pooled.stack.log(name)[before[name] :]
