"""Search and suggestions among 1,000 and 100,000 products: milliseconds, SQL statements, plans, and how good the order is (NDCG@5)."""

import json
import os
import sys
import time
from itertools import zip_longest
from typing import Any

from tools.bench.shop import end_with, fresh_shop, run_here
from tools.stack import parts
from tools.stack.machine import require_space
from tools.stack.postgres import find_postgres
from tools.stack.running import Stack

SIZES = (1_000, 100_000)
MEDIAN, P99, NDCG = 20, 60, 0.95  # what is aimed at
BYTES_EACH = 15_000


def main() -> int:
    """Fill a database of each size, search in both, print. Return 0 only if every aim is reached. argv: other sizes."""
    sizes = tuple(int(word) for word in sys.argv[1:]) or SIZES
    with fresh_shop(durable=True) as stack:
        require_space(stack.instance.var, needed=sum(sizes) * BYTES_EACH, purpose="the rows of this measurement")
        judged = search_in(stack, "judged")
        measured = {size: search_in(stack, str(size)) for size in sizes}
    print(f"\nOrder: NDCG@5 of {judged['searches']} judged searches is {judged['ndcg']:.3f}, of the worst {judged['worst']:.2f}.")
    good = [report(size, lines) for size, lines in measured.items()]
    same = compare(*measured.values())
    return int(not (good[-1] and same and judged["ndcg"] >= NDCG))


def search_in(stack: Stack, size: str) -> dict[str, Any]:
    """Make a database of its own beside the shop's, fill it, and search in it."""
    started, name = time.monotonic(), f"search_{size}"
    server = find_postgres(stack.instance)
    server.ensure_database(name)
    server.let_set("session_replication_role")
    there = {"LAYERSTORE_DATABASE_URL": stack.environment["LAYERSTORE_DATABASE_URL"].replace("/layerstore?", f"/{name}?")}
    run_here(stack, *parts.manage("migrate", "--verbosity", "0")[1:], settings=there)
    filled = json.loads(run_here(stack, "-m", "tools.bench.search_rows", size, settings=there))
    print(f"{name} in {time.monotonic() - started:.0f} s: {json.dumps(filled)}", flush=True)
    print(f"  load average {os.getloadavg()[0]:.1f}", flush=True)
    asked: dict[str, Any] = json.loads(
        run_here(stack, "-m", "tools.bench.search_asks", *(["judged"] if size == "judged" else []), settings=there)
    )
    return asked


def report(size: int, lines: dict[str, Any]) -> bool:
    """Print one line for each kind of search. Return whether each is as fast as it shall be."""
    print(f"\n{size} products")
    print(f"{'':14} {'median ms':>10} {'p99 ms':>8} {'statements':>11} {'with its page, ms':>18}   slowest")
    for name, line in lines.items():
        statements = "-".join(map(str, sorted(set(line["statements"]))))
        print(f"{name:14} {line['median']:10.1f} {line['p99']:8.1f} {statements:>11} {line['page']:18.1f}   {line['slowest']}")
    return all(line["median"] <= MEDIAN and line["p99"] <= P99 for line in lines.values())


def compare(*measured: dict[str, Any]) -> bool:
    """Print whether PostgreSQL runs each kind of search in the same way in both sizes, and how, if it does not."""
    first, last = measured[0], measured[-1]
    for name in first:
        same = first[name]["plans"] == last[name]["plans"]
        print(f"plan of {name}: {'the same' if same else 'NOT the same'}")
        if not same:
            for before, after in zip_longest(first[name]["plans"], last[name]["plans"], fillvalue="(no such statement)"):
                print("" if before == after else f"small:\n{before}\nlarge:\n{after}\n")
    return all(first[name]["plans"] == last[name]["plans"] for name in first)


if __name__ == "__main__":
    end_with(main)
