"""Leases: how soon another process has a job whose worker was killed, and what one does that was stopped and wakes. On each store."""

import argparse
import os
import random
import signal
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg2

from tools.bench.lease_table import create_table
from tools.bench.lease_workers import ACTED_TWICE, LeaseWorkers
from tools.bench.mock_aws import SETTINGS, MockAWS
from tools.bench.shop import end_with, fresh_shop, run_here
from tools.stack.problems import Problem
from tools.stack.running import Stack

AT_ONCE: Final = 5  # pairs of processes
LEASE_SECONDS: Final = 6.0  # as the shop has it
AIM_SECONDS: Final = 10.0
PATIENCE_SECONDS: Final = 120
Query = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two processes that ask for one job's lease."""

    job: str
    pids: tuple[int, int]

    def other(self, pid: int) -> int:
        """Return the one that is not this one."""
        first, second = self.pids
        return second if pid == first else first


def main() -> int:
    """Measure both stores; return 0 only if takeovers stay within the aim, nobody acted twice and every stale write was refused."""
    parser = argparse.ArgumentParser(prog="script/bench leases", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="takeovers after SIGKILL, on each store (20)")
    parser.add_argument("--stops", type=int, default=10, help="holders that are stopped past their lease, on each store (10)")
    parser.add_argument("--away", type=int, default=60, help="seconds that each store is away (60)")
    wanted = parser.parse_args()
    with fresh_shop(durable=True, restarts=False) as stack, MockAWS() as aws:
        for part in ("scheduler", "worker"):
            stack.supervisor.stop_part(part)
        create_table(aws.client("dynamodb"), "layerstore-leases")
        passed = [measure(stack, aws, backend, wanted) for backend in ("postgresql", "dynamodb")]
        print(run_here(stack, "-m", "tools.bench.lease_costs"), end="")
    return int(not all(passed))


def measure(stack: Stack, aws: MockAWS, backend: str, wanted: argparse.Namespace) -> bool:
    """Measure one store, print its lines, and return whether it did what it must."""
    environment = stack.environment | {"LAYERSTORE_LEASES": backend, "LAYERSTORE_LEASES_ENDPOINT": aws.url, **SETTINGS}
    with LeaseWorkers(environment) as workers, answers_of(stack) as query:
        times = sorted(takeovers(workers, query, wanted.rounds))
        line(backend, "takeover after SIGKILL, s", f"median {statistics.median(times):.1f}, worst {times[-1]:.1f} of {len(times)}")
        by_clock, by_database = (refusals(workers, query, wanted.stops // 2, trusting=trusting) for trusting in (False, True))
    with LeaseWorkers(environment) as workers:
        meanwhile = pause(workers, stack, aws, backend, wanted.away)
    with answers_of(stack) as query:
        twice = query(ACTED_TWICE)
    line(backend, f"acted while the store was away for {wanted.away} s", str(meanwhile))
    line(backend, "acted twice", str(twice))
    how = by_clock + by_database
    written = how.pop("written", 0)
    ended = how.total() - how["LeaseLost"]
    remark = f"{by_database['LeaseLost']} by the fence alone, {ended} by the end of its transaction"
    line(backend, "stale writes refused", f"{how.total()} of {how.total() + written}: {remark}")
    return times[-1] < AIM_SECONDS and (meanwhile, twice, written) == (0, 0, 0)


def takeovers(workers: LeaseWorkers, query: Query, rounds: int) -> Iterator[float]:
    """Kill the holder of a lease at a random moment, as often as told; yield the seconds until the other process acts."""
    chance = random.Random(20)
    while rounds > 0:
        pairs = started(workers, min(rounds, AT_ONCE))
        rounds -= len(pairs)
        killed = []
        for pair in pairs:
            time.sleep(chance.uniform(0.0, 2.0))
            leader = leader_of(query, pair)
            workers.kill(leader)
            killed.append((pair, leader, time.monotonic()))
        for pair, leader, at in killed:
            first = "SELECT min(at) FROM lease_acts WHERE job = %s AND pid = %s AND at > %s"
            yield wait_for(query, first, pair.job, pair.other(leader), at) - at
        workers.end()


def refusals(workers: LeaseWorkers, query: Query, count: int, *, trusting: bool) -> Counter[str]:
    """Stop holders until another one acts, wake them, and count how the next write of each was refused; `written` if it was not.

    One that was stopped in the middle of a transaction finds that PostgreSQL has ended its connection.
    """
    pairs = started(workers, count, trusting=trusting)
    stopped = []
    for pair in pairs:
        leader = leader_of(query, pair)
        os.kill(leader, signal.SIGSTOP)
        stopped.append((pair, leader))
    how = Counter[str]()
    for pair, leader in stopped:
        wait_for(query, "SELECT min(id) FROM lease_acts WHERE job = %s AND pid = %s", pair.job, pair.other(leader))
        before = query("SELECT count(*) FROM lease_acts WHERE pid = %s", leader)
        os.kill(leader, signal.SIGCONT)
        why = wait_for(query, "SELECT min(why) FROM lease_ends WHERE job = %s AND pid = %s", pair.job, leader)
        how["written" if query("SELECT count(*) FROM lease_acts WHERE pid = %s", leader) > before else why] += 1
    workers.end()
    return how


def pause(workers: LeaseWorkers, stack: Stack, aws: MockAWS, backend: str, seconds: int) -> int:
    """Take the store away for a while; return the acts of the time in which no lease can have been valid any more."""
    with answers_of(stack) as query:
        [pair] = started(workers, 1)
        leader_of(query, pair)
    began = time.monotonic()
    with away(stack, aws, backend):
        time.sleep(seconds)
        ended = time.monotonic()
    with answers_of(stack) as query:
        wait_for(query, "SELECT min(id) FROM lease_acts WHERE job = %s AND at > %s", pair.job, ended)
        meanwhile = "SELECT count(*) FROM lease_acts WHERE job = %s AND at BETWEEN %s AND %s"
        return int(query(meanwhile, pair.job, began + LEASE_SECONDS, ended))


@contextmanager
def away(stack: Stack, aws: MockAWS, backend: str) -> Iterator[None]:
    """Let a store answer nothing."""
    if backend == "dynamodb":
        os.kill(aws.pid, signal.SIGSTOP)
        yield
        os.kill(aws.pid, signal.SIGCONT)
    else:
        stack.supervisor.stop_part("postgres")
        yield
        stack.supervisor.start("postgres")


def started(workers: LeaseWorkers, count: int, *, trusting: bool = False) -> Sequence[Pair]:
    """Start pairs of processes, each for a job of its own."""
    names = [f"job_{random.getrandbits(48):012x}" for _ in range(count)]
    return [Pair(name, (workers.start(name, trusting=trusting), workers.start(name, trusting=trusting))) for name in names]


def leader_of(query: Query, pair: Pair) -> int:
    """Wait until one of a pair acts; return which."""
    wait_for(query, "SELECT max(id) FROM lease_acts WHERE job = %s", pair.job)
    return int(query("SELECT pid FROM lease_acts WHERE job = %s ORDER BY id DESC LIMIT 1", pair.job))


def wait_for(query: Query, text: str, *values: object) -> Any:
    """Repeat a query until it returns something.

    Raises:
        Problem: it never does.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if (found := query(text, *values)) is not None:
            return found
        time.sleep(0.05)
    raise Problem(f"Nothing was found by: {text}", do="run it again on a machine that is less busy.")


@contextmanager
def answers_of(stack: Stack) -> Iterator[Query]:
    """Return what a query finds: the first value of its first row."""
    connection = psycopg2.connect(host=str(stack.instance.sockets / "postgres"), user="layerstore", dbname="layerstore")
    connection.autocommit = True

    def query(text: str, *values: object) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(text, values)
            return cursor.fetchone()[0]

    yield query
    connection.close()


def line(backend: str, what: str, figure: str) -> None:
    """Print one line of the table."""
    print(f"{backend:12} {what:40} {figure}", flush=True)


if __name__ == "__main__":
    end_with(main)
