"""The books: 200,000 movements at Stripe against the ledger, and 2,000 sequences of whatever may happen to a sale."""

import argparse
import json
import sqlite3
import time
from pathlib import Path

from tools.bench.books_plan import DIFFERENCES, Plan
from tools.bench.books_sequences import play
from tools.bench.shop import end_with, fresh_shop, run_here
from tools.stack.instance import ROOT

MOST_ABOVE_IDLE = 16
MIB = 1024 * 1024
SHAPES = ROOT / "tools" / "sandbox" / "shapes" / "stripe.json"


def main() -> int:
    """Do both; return 0 only if both went well."""
    parser = argparse.ArgumentParser(prog="script/bench books", description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000, help="movements of the platform's balance (200000; 0: none)")
    parser.add_argument("--sequences", type=int, default=2000, help="how many sequences (2000; 0: none)")
    parser.add_argument("--seed", type=int, help="repeats the sequences of an earlier run with as many cores")
    given = parser.parse_args()
    wrong = compare(Plan(rows=given.rows)) if given.rows else 0
    return (play(given.sequences, given.seed) if given.sequences else 0) or wrong


def compare(plan: Plan) -> int:
    """Fill sandbox and ledger, reconcile, print; return 0 only if memory stayed within the aim and just what differs was found."""
    with fresh_shop() as stack:
        stack.supervisor.stop_part("scheduler")
        print(f"Writing {plan.rows:,} movements …", flush=True)
        fill_sandbox(stack.instance.var / "sandbox" / "sandbox.sqlite3", plan)
        run_here(stack, "-m", "tools.bench.books_rows", str(plan.rows))
        print("Reconciling …", flush=True)
        figures = json.loads(run_here(stack, "-m", "tools.bench.books_run"))
    return report(plan, figures)


def fill_sandbox(path: Path, plan: Plan) -> None:
    """Write balance transactions of the platform into the sandbox's file, as it would have kept them."""
    shape = json.loads(SHAPES.read_text(encoding="utf-8"))["balance_transaction"]
    insert = "INSERT INTO objects (id, kind, owner, created, body) VALUES (?, 'balance_transaction', '', ?, ?)"
    with sqlite3.connect(path, timeout=60) as store:
        began = int(time.time()) - 30 * 86400
        rows = (
            (line.key, began + line.number, json.dumps(shape | line.at_stripe | {"created": began + line.number, "available_on": began}))
            for line in plan.at_stripe()
        )
        store.executemany(insert, rows)


def report(plan: Plan, figures: dict[str, float]) -> int:
    """Print the table."""
    above = (figures["peak"] - figures["idle"]) / MIB
    rows = (
        ("movements at Stripe", plan.rows - DIFFERENCES, ""),
        ("read", figures["lines"], ""),
        ("seconds", figures["seconds"], ""),
        ("rows a second", figures["lines"] / figures["seconds"], ""),
        ("idle, MiB", figures["idle"] / MIB, ""),
        ("at most, MiB", figures["peak"] / MIB, ""),
        ("at most above idle, MiB", above, f"aim: at most {MOST_ABOVE_IDLE}"),
        ("missing here", figures["missing_here"], f"of {DIFFERENCES}"),
        ("missing there", figures["missing_there"], f"of {DIFFERENCES}"),
        ("amount differs", figures["amount"], f"of {DIFFERENCES}"),
        ("fee differs", figures["fee"], f"of {DIFFERENCES}"),
    )
    for name, figure, remark in rows:
        print(f"{name:30} {figure:12,.1f} {remark}".rstrip())
    found = [figures[kind] for kind in ("missing_here", "missing_there", "amount", "fee")]
    return int(above > MOST_ABOVE_IDLE or figures["lines"] != plan.rows - DIFFERENCES or found != [DIFFERENCES] * 4)


if __name__ == "__main__":
    end_with(main)
