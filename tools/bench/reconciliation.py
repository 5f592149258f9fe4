"""Reconciliation's memory: a registry with 100 MB of listings, and the peak memory of the process that reads them."""

import argparse
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tools.bench.listing_registry import LENGTH, TAGS
from tools.bench.shop import end_with, fresh_shop, run_here
from tools.stack import parts
from tools.stack.instance import ROOT
from tools.stack.probes import answers
from tools.stack.problems import Problem
from tools.stack.running import Stack

MOST_ABOVE_IDLE = 16
MIB = 1024 * 1024


def main() -> int:
    """Start a shop and the listings, reconcile, print; return 0 only if memory stayed within the aim and nothing was left out."""
    parser = argparse.ArgumentParser(prog="script/bench reconciliation", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=100, help="how long the listings are (100)")
    megabytes = parser.parse_args().megabytes
    with fresh_shop() as stack:
        stack.supervisor.stop_part("scheduler")
        tagged = run_here(stack, "-m", "tools.bench.reconciliation_rows", "reserve")
        port = stack.instance.port + 500
        with listing(stack, port, megabytes, tagged):
            print(f"Reading {megabytes} MB of listings …", flush=True)
            stack.environment["LAYERSTORE_REGISTRY_URL"] = f"http://127.0.0.1:{port}"
            figures = json.loads(run_here(stack, "-m", "tools.bench.reconciliation_run"))
        written = int(run_here(stack, "-m", "tools.bench.reconciliation_rows", "written"))
    return report(figures, megabytes, written)


@contextmanager
def listing(stack: Stack, port: int, megabytes: int, tagged: str) -> Iterator[None]:
    """Serve the listings on a port.

    Raises:
        Problem: the server did not come up.
    """
    command = [parts.PYTHON, "-m", "tools.bench.listing_registry", str(port), str(megabytes), tagged]
    process = subprocess.Popen(command, env=stack.environment, cwd=ROOT, stdin=subprocess.DEVNULL)
    try:
        ready = answers(f"http://127.0.0.1:{port}/v2/")
        while not ready():
            if process.poll() is not None:
                raise Problem("The listings are not served.", do="start tools.bench.listing_registry by hand and read its output.")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def report(figures: dict[str, float], megabytes: int, written: int) -> int:
    """Print the table."""
    above = (figures["peak"] - figures["idle"]) / MIB
    rows = (
        ("listings, MB", megabytes, ""),
        ("of it names of repositories", megabytes * 1_000_000 // (LENGTH + 3), ""),
        ("tags found and written", written, f"of {TAGS}"),
        ("seconds", figures["seconds"], ""),
        ("idle, MiB", figures["idle"] / MIB, ""),
        ("at most, MiB", figures["peak"] / MIB, ""),
        ("afterwards, MiB", figures["after"] / MIB, ""),
        ("at most above idle, MiB", above, f"aim: at most {MOST_ABOVE_IDLE}"),
    )
    for name, figure, remark in rows:
        print(f"{name:30} {figure:12,.1f} {remark}".rstrip())
    return int(above > MOST_ABOVE_IDLE or written != TAGS)


if __name__ == "__main__":
    end_with(main)
