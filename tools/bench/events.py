"""Registry events: accepted by the inner listener, counted by the worker or by consumers of Kafka; memory, and a kill half-way."""

import argparse
import json
import time

from tools.bench import event_stream as stream
from tools.bench.event_outcome import ask_database, compare, row, wait_until
from tools.bench.event_pulls import PER_ENVELOPE, Pulls, body_of, envelopes
from tools.bench.event_sender import send
from tools.bench.processes import largest_child
from tools.bench.shop import end_with, fresh_shop, run_here
from tools.stack.running import Stack

LARGEST = 32 * 1024 * 1024  # what the listener takes at most
MIB = 1024 * 1024


def main() -> int:
    """Start a shop, send events, have them counted, kill whoever counts, compare; return 0 only if every event was counted once."""
    parser = argparse.ArgumentParser(prog="script/bench events", description=__doc__)
    parser.add_argument("--transport", choices=("postgresql", "kafka"), default="postgresql", help="what carries the events (postgresql)")
    parser.add_argument("--events", type=int, default=1_000_000, help="how many are counted in one life of the process (1000000)")
    parser.add_argument("--servers", help="brokers to use instead of the mock cluster, with --transport kafka: HOST:PORT,…")
    options = parser.parse_args()
    if options.transport == "kafka":
        return stream.measure(options.events, servers=options.servers)
    with fresh_shop(durable=True, restarts=False) as stack:
        for part in ("scheduler", "worker"):
            stack.supervisor.stop_part(part)
        pulls = Pulls(**json.loads(run_here(stack, "-m", "tools.bench.event_rows", "fill")))
        accept(stack, pulls, options.events)
        apply(stack)
        survive(stack, pulls, max(options.events // 10, PER_ENVELOPE))
        return compare(stack, pulls)


def accept(stack: Stack, pulls: Pulls, wanted: int) -> None:
    """Send all events, first some in the shapes that are measured apart."""
    singles = [pulls.take(1) for _ in range(min(wanted // 10, 5_000))]
    row("accepted, 1 event an envelope, as 2.8 sends", len(singles) / send(stack, iter(singles)), "events/s")
    largest_body = pulls.take(min(wanted // 10, 25_000))
    size = len(body_of(largest_body))
    seconds = send(stack, iter([largest_body]))
    row(f"accepted, one envelope of {size / MIB:.1f} of {LARGEST // MIB} MiB", len(largest_body) / seconds, "events/s")
    rest = wanted - pulls.made
    row(f"accepted, {PER_ENVELOPE} events an envelope", rest / send(stack, envelopes(pulls, rest)), "events/s")


def apply(stack: Stack) -> None:
    """Let the real worker apply what waits; print its speed and the memory of its largest process along the way."""
    stack.supervisor.start("worker")
    before, total = memory(stack), applied(stack)[1]
    began = time.monotonic()
    stack.supervisor.start("scheduler")
    points = [("start", before)]
    steps = [total * step // 10 for step in range(1, 11)]
    while steps:
        wait_until(lambda: applied(stack)[0] >= steps[0])
        points.append((f"{100 - 10 * (len(steps) - 1)} %", memory(stack)))
        steps.pop(0)
    row("applied by the worker", total / (time.monotonic() - began), "events/s")
    print("worker's memory, MiB: " + ", ".join(f"{when} {held / MIB:.1f}" for when, held in points), flush=True)
    row("growth from 10 % to the end", (points[-1][1] - points[1][1]) / MIB, "MiB")


def survive(stack: Stack, pulls: Pulls, count: int) -> None:
    """Kill the worker outright while it applies, start it again, and wait until nothing waits."""
    stack.supervisor.stop_part("worker")
    send(stack, envelopes(pulls, count))
    before = applied(stack)[0]
    stack.supervisor.start("worker")
    wait_until(lambda: applied(stack)[0] > before)
    stack.supervisor.kill("worker")
    done, total = applied(stack)
    began = time.monotonic()
    stack.supervisor.start("worker")
    wait_until(lambda: applied(stack)[0] >= total)
    row(f"killed with {total - done} events to go: all applied after", time.monotonic() - began, "s")


def applied(stack: Stack) -> tuple[int, int]:
    """Return how many events of how many are applied, those sent twice included."""
    query = "SELECT coalesce(sum(event_count) FILTER (WHERE drained_at IS NOT NULL), 0), coalesce(sum(event_count), 0)"
    done, total = ask_database(stack, f"{query} FROM registry_auth_registryenvelope").split("|")
    return int(done), int(total)


def memory(stack: Stack) -> int:
    """Return the memory of the largest of the worker's processes that run tasks."""
    return largest_child(stack.supervisor.pids["worker"])


if __name__ == "__main__":
    end_with(main)
