"""An authenticated pull token at 10 thousand and at 10 million entitlements: the same plan, and the ratio of the two with its spread."""

import json
import re
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tools.bench.serving import serving
from tools.bench.shop import end_with, fresh_shop, run_here
from tools.bench.wrk import Measured, load, program, write_script
from tools.stack import parts
from tools.stack.machine import require_space
from tools.stack.postgres import find_postgres
from tools.stack.running import Stack

SIZES = (10_000, 10_000_000)
ROUNDS, SECONDS = 9, 2
BYTES_EACH = 1_500  # on disk, at most: an entitlement with its indexes and its share of users, tokens and images


@dataclass(frozen=True, slots=True)
class Made:
    """A database with so many entitlements, and what to ask of it.

    Attributes:
        settings: environment variables with which a process uses it.
        plans: of the token process's queries, as EXPLAIN prints them.
    """

    settings: dict[str, str]
    entitlements: int
    requests: list[dict[str, str]]
    plans: dict[str, str]


def main() -> int:
    """Fill a database of each size, load both in turns, print. Return 0 only if no plan scans and no answer was unexpected."""
    program()
    sizes = tuple(int(word) for word in sys.argv[1:]) or SIZES
    with fresh_shop() as stack:
        require_space(stack.instance.var, needed=sum(sizes) * BYTES_EACH, purpose="the rows of this measurement")
        made = [make(stack, size) for size in sizes]
        measured = measure(stack, made)
    report(made, measured)
    return int(scans(made) or any(one.unexpected for rounds in measured for one in rounds))


def make(stack: Stack, size: int) -> Made:
    """Make a database of its own beside the shop's, and fill it."""
    started, name = time.monotonic(), f"growth_{size}"
    print(f"Making {size} entitlements …", flush=True)
    server = find_postgres(stack.instance)
    server.ensure_database(name)
    server.let_set("session_replication_role")
    there = {"LAYERSTORE_DATABASE_URL": stack.environment["LAYERSTORE_DATABASE_URL"].replace("/layerstore?", f"/{name}?")}
    run_here(stack, *parts.manage("migrate", "--verbosity", "0")[1:], settings=there)
    filled = json.loads(run_here(stack, "-m", "tools.bench.growth_rows", str(size), settings=there))
    plans = json.loads(
        run_here(stack, "-m", "tools.bench.growth_plans", settings=there | {"DJANGO_SETTINGS_MODULE": "config.settings.token"})
    )
    print(f"  {filled['bytes'] / 1e9:.2f} GB in {time.monotonic() - started:.0f} s", flush=True)
    return Made(there, filled["entitlements"], filled["requests"], plans)


def measure(stack: Stack, made: list[Made]) -> list[list[Measured]]:
    """Load each database once a round through a token process of its own, so that other load on the machine affects all of them alike."""
    measured: list[list[Measured]] = [[] for _ in made]
    with ExitStack() as processes:
        rows = []
        for number, one in enumerate(made):
            url = f"http://127.0.0.1:{stack.instance.port + 500 + number}"
            script = Path(stack.instance.var.parent) / f"growth-{number}.lua"
            rows.append((url, write_script(script, requests=one.requests, expected=(200,))))
            processes.enter_context(serving(stack, url, settings=one.settings))
        for url, script in rows:
            load(url, script, seconds=3)  # warms up connections, plans and the page cache
        for number in range(ROUNDS):
            print(f"Round {number + 1} of {ROUNDS} …", flush=True)
            for (url, script), rounds in zip(rows, measured, strict=True):
                rounds.append(load(url, script, seconds=SECONDS))
    return measured


def report(made: list[Made], measured: list[list[Measured]]) -> None:
    """Print one line a size: medians of the rounds, the ratio to the first size with the lowest and the highest round's; then the plans."""
    print(f"\n{'entitlements':>14} {'requests/s':>10} {'p50 ms':>8} {'p99 ms':>8} {'unexpected':>11} {'spread':>14} {'to first':>9}")
    for one, rounds in zip(made, measured, strict=True):
        rate, p50, p99 = (median(getattr(each, field) for each in rounds) for field in ("rate", "p50", "p99"))
        ratios = [each.rate / first.rate for each, first in zip(rounds, measured[0], strict=True)]
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        unexpected = sum(each.unexpected for each in rounds)
        print(f"{one.entitlements:14d} {rate:10.0f} {p50:8.2f} {p99:8.2f} {unexpected:11d} {spread:>14} {median(ratios):8.2f}x")
    for name, plan in made[0].plans.items():
        same = all(shape(one.plans[name]) == shape(plan) for one in made)
        print(f"plan {name}: {'the same' if same else 'NOT the same'}, {'WITH' if scans(made) else 'without'} a sequential scan")
        if not same or scans(made):
            print("\n\n".join(f"{one.entitlements} entitlements:\n{one.plans[name]}" for one in made))


def scans(made: list[Made]) -> bool:
    """Whether a plan reads a whole table, or all that a table says of one side."""
    return any(word in plan for one in made for plan in one.plans.values() for word in ("Seq Scan", "hashed SubPlan"))


def shape(plan: str) -> str:
    """Return a plan without what it is thought to cost and to find."""
    return re.sub(r"  \(cost=.*?\)", "", plan)


if __name__ == "__main__":
    end_with(main)
