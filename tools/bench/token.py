"""The token endpoint alone, behind the edge and through a pooler, beside Django views that do nothing or sign; one interleaved run."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tools.bench.serving import serving
from tools.bench.shop import end_with, fresh_shop, run_here
from tools.bench.wrk import Measured, load, program, write_script
from tools.stack.pooler import running_pooler
from tools.stack.postgres import OWNER
from tools.stack.running import Stack

ROUNDS, SECONDS = 3, 2
OK = (200,)
REFUSED = (401, 429)
OURS = ("anonymous", "authenticated", "ten scopes", "wrong")
EDGE = ("anonymous", "authenticated")
POOLED = ("authenticated", "ten scopes")
SESSIONS = 4  # as many as the token process has threads


@dataclass(frozen=True, slots=True)
class Row:
    """What is loaded, and where."""

    name: str
    url: str
    script: Path


def main() -> int:
    """Start everything, measure, print; return 0 only if no answer was unexpected."""
    program()
    with fresh_shop() as stack:
        instance = stack.instance
        requests = json.loads(run_here(stack, "-m", "tools.bench.token_rows"))
        token, baseline, pooled = (f"http://127.0.0.1:{instance.port + offset}" for offset in (500, 501, 502))
        with (
            serving(stack, token),
            serving(stack, baseline, application="tools.bench.token_baselines.application"),
            serving_pooled(stack, pooled),
        ):
            addresses = {"": token, "edge: ": instance.url, "pooled: ": pooled}
            measured = measure(rows(instance.var.parent, requests, baseline=baseline, addresses=addresses))
    report(measured)
    return int(any(one.unexpected for rounds in measured.values() for one in rounds))


@contextmanager
def serving_pooled(stack: Stack, url: str) -> Iterator[None]:
    """Serve another one through PgBouncer in transaction mode, without prepared statements."""
    host = str(stack.instance.sockets / "postgres")
    with running_pooler(host=host, database=OWNER, user=OWNER, sessions=SESSIONS) as address:
        settings = {"LAYERSTORE_DATABASE_URL": address, "LAYERSTORE_DATABASE_POOLING": "transaction"}
        with serving(stack, url, settings=settings):
            yield


def rows(folder: Path, requests: dict[str, list[dict[str, str]]], *, baseline: str, addresses: Mapping[str, str]) -> list[Row]:
    """Return the rows in the order in which they are printed.

    Args:
        addresses: of the token process, by what stands before the names of its rows.
    """
    found = []
    for name in ("nothing", "signing"):
        script = write_script(folder / f"{name}.lua", requests=[{"path": f"/{name}", "authorization": ""}], expected=OK)
        found.append(Row(name, baseline, script))
    scripts = {
        name: write_script(folder / f"{name}.lua", requests=requests[name], expected=REFUSED if name == "wrong" else OK) for name in OURS
    }
    asked = {"": OURS, "edge: ": EDGE, "pooled: ": POOLED}
    return found + [Row(way + name, url, scripts[name]) for way, url in addresses.items() for name in asked[way]]


def measure(wanted: Sequence[Row]) -> dict[str, list[Measured]]:
    """Load each row once a round, so that other load on the machine affects all of them alike."""
    measured: dict[str, list[Measured]] = {row.name: [] for row in wanted}
    for row in wanted:
        load(row.url, row.script, seconds=1)  # warms up connections, plans and keys
    for number in range(ROUNDS):
        print(f"Round {number + 1} of {ROUNDS} …", flush=True)
        for row in wanted:
            measured[row.name].append(load(row.url, row.script, seconds=SECONDS))
    return measured


def report(measured: dict[str, list[Measured]]) -> None:
    """Print one line a row: medians of the rounds, and the median of each round's own ratio to `signing`."""
    print(f"\n{'':20} {'requests/s':>10} {'p50 ms':>8} {'p99 ms':>8} {'unexpected':>11} {'to signing':>11}")
    for name, rounds in measured.items():
        rate, p50, p99 = (median(getattr(one, field) for one in rounds) for field in ("rate", "p50", "p99"))
        ratio = median(one.rate / signing.rate for one, signing in zip(rounds, measured["signing"], strict=True))
        unexpected = sum(one.unexpected for one in rounds)
        print(f"{name:20} {rate:10.0f} {p50:8.2f} {p99:8.2f} {unexpected:11d} {ratio:10.2f}x")


if __name__ == "__main__":
    end_with(main)
