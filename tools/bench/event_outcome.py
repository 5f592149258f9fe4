"""What became of the events that were sent: asked of the database, compared with what must be, and printed."""

import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable

from tools.bench.event_pulls import Pulls
from tools.bench.shop import run_here
from tools.stack.packages import postgres_programs
from tools.stack.problems import Problem
from tools.stack.running import Stack


def compare(stack: Stack, pulls: Pulls) -> int:
    """Compare every counter with what was sent; return 0 only if they are the same."""
    result = json.loads(run_here(stack, "-m", "tools.bench.event_rows", "counted"))
    counted = Counter({tuple(key): count for *key, count in result["rows"]})
    row("events sent", pulls.made, "")
    row("events counted", counted.total(), "")
    lost, twice = (pulls.expected - counted).total(), (counted - pulls.expected).total()
    row("lost", lost, "")
    row("counted twice", twice, "")
    return int(bool(lost or twice or result["waiting"] or result["images"] != pulls.made))


def ask_database(stack: Stack, query: str) -> str:
    """Return what PostgreSQL answers, columns parted by a bar."""
    where = ("-h", str(stack.instance.sockets / "postgres"), "-U", "layerstore", "layerstore")
    command = [f"{postgres_programs()}/psql", "-XAtq", "-c", query, *where]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=stack.environment).stdout.strip()


def wait_until(true: Callable[[], bool], *, pause: float = 0.2) -> None:
    """Wait for whoever counts.

    Raises:
        Problem: it takes longer than half an hour.
    """
    end = time.monotonic() + 1_800
    while not true():
        if time.monotonic() > end:
            raise Problem("Nobody comes to the end of what waits.", do="read the log of the worker, or of events.")
        time.sleep(pause)


def row(name: str, figure: float, unit: str) -> None:
    """Print one line of the table."""
    print(f"{name:58} {figure:12,.1f} {unit}" if unit else f"{name:58} {figure:12,.0f}", flush=True)
