"""Registry events: accepted by the inner listener, applied by the worker; its memory, and what happens when it is killed half-way."""

import argparse
import http.client
import json
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from tools.bench.processes import largest_child
from tools.bench.shop import end_with, fresh_shop, run_here
from tools.stack.instance import Instance
from tools.stack.packages import postgres_programs
from tools.stack.problems import Problem
from tools.stack.running import Stack

SENDERS = 4
PER_ENVELOPE = 100
TOLD_TWICE = 100  # one event in so many is sent twice: the registry repeats an event until it is accepted
LARGEST = 32 * 1024 * 1024  # what the listener takes at most
AGENT = "docker/27.3.1 go/go1.22.7 git-commit/41ca978 kernel/6.8.0 os/linux arch/amd64 UpstreamClient(Docker-Client/27.3.1 \\(linux\\))"
MIB = 1024 * 1024
Key = tuple[str, str, str, str | None]


@dataclass
class Pulls:
    """Makes events of pulls in the form of distribution 2.8, and knows what must be counted in the end."""

    pulled: Sequence[Sequence[str]]
    buyers: Sequence[str]
    made: int = 0
    expected: Counter[Key] = field(default_factory=Counter)

    def take(self, count: int) -> list[dict[str, object]]:
        """Return as many new events, each a pull that counts."""
        return [self._next() for _ in range(count)]

    def _next(self) -> dict[str, object]:
        number, self.made = self.made, self.made + 1
        repository, tag, platform, digest = self.pulled[number * 7919 % len(self.pulled)]
        buyer = None if number % 10 == 0 else self.buyers[number * 104729 % len(self.buyers)]
        self.expected[repository, tag, platform, buyer] += 1
        size, url = 1_234, f"http://registry:5000/v2/{repository}/manifests/{digest}"
        media_type = "application/vnd.oci.image.manifest.v1+json"
        target = {"mediaType": media_type, "size": size, "length": size, "digest": digest, "repository": repository, "url": url}
        request = {"id": f"r-{number:036}", "addr": f"10.{number % 200}.{number // 200 % 200}.7:4711", "host": "shop.example"}
        return {
            "id": f"e-{number:036}",
            "timestamp": datetime.now(UTC).isoformat(),
            "action": "pull",
            "target": target,
            "request": {**request, "method": "GET", "useragent": AGENT},
            "actor": {"name": buyer} if buyer else {},
            "source": {"addr": "registry:5000", "instanceID": "d96a1510-f2af-4ee3-9a61-c75f15c5d904"},
        }


def main() -> int:
    """Start a shop, send events, drain them, kill the worker, compare; return 0 only if every event was counted once."""
    parser = argparse.ArgumentParser(prog="script/bench events", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, help="how many the worker applies in one life (1000000)")
    wanted = parser.parse_args().events
    with fresh_shop(durable=True, restarts=False) as stack:
        for part in ("scheduler", "worker"):
            stack.supervisor.stop_part(part)
        pulls = Pulls(**json.loads(run_here(stack, "-m", "tools.bench.event_rows", "fill")))
        accept(stack, pulls, wanted)
        apply(stack)
        survive(stack, pulls, max(wanted // 10, PER_ENVELOPE))
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


def envelopes(pulls: Pulls, count: int) -> Iterator[list[dict[str, object]]]:
    """Yield envelopes with that many new events in all, some of which are sent twice."""
    for start in range(0, count, PER_ENVELOPE):
        events = pulls.take(min(PER_ENVELOPE, count - start))
        yield [*events, *events[: PER_ENVELOPE // TOLD_TWICE]]


def body_of(events: Sequence[dict[str, object]]) -> bytes:
    """Return the notification's body."""
    return json.dumps({"events": events}).encode()


def send(stack: Stack, batches: Iterator[list[dict[str, object]]]) -> float:
    """Send notifications over keep-alive connections; return the seconds that the listener took, without the making of them.

    Raises:
        Problem: one was not accepted.
    """
    seconds, turn = 0.0, threading.Lock()
    while batch := [body_of(events) for events in islice(batches, 500)]:
        waiting, began = iter(batch), time.monotonic()
        with ThreadPoolExecutor(SENDERS) as senders:
            list(senders.map(_send, [stack.instance] * SENDERS, [waiting] * SENDERS, [turn] * SENDERS))
        seconds += time.monotonic() - began
    return seconds


def _send(instance: Instance, waiting: Iterator[bytes], turn: threading.Lock) -> None:
    headers = {"Authorization": f"Bearer {instance.secrets['events_secret']}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", instance.ports["inner"], timeout=60)
    while True:
        with turn:
            body = next(waiting, None)
        if body is None:
            return
        connection.request("POST", "/registry/events", body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.HTTPStatus.ACCEPTED:
            raise Problem(f"The listener answered {answer.status}.", do="read its log.", log=instance.log("inner"))


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


def compare(stack: Stack, pulls: Pulls) -> int:
    """Compare every counter with what was sent."""
    result = json.loads(run_here(stack, "-m", "tools.bench.event_rows", "counted"))
    counted = Counter({tuple(key): count for *key, count in result["rows"]})
    row("events sent", pulls.made, "")
    row("events counted", counted.total(), "")
    lost, twice = (pulls.expected - counted).total(), (counted - pulls.expected).total()
    row("lost", lost, "")
    row("counted twice", twice, "")
    return int(bool(lost or twice or result["waiting"] or result["images"] != pulls.made))


def applied(stack: Stack) -> tuple[int, int]:
    """Return how many events of how many are applied, those sent twice included."""
    query = "SELECT coalesce(sum(event_count) FILTER (WHERE drained_at IS NOT NULL), 0), coalesce(sum(event_count), 0)"
    where = ("-h", str(stack.instance.sockets / "postgres"), "-U", "layerstore", "layerstore")
    command = [f"{postgres_programs()}/psql", "-XAtq", "-c", f"{query} FROM registry_auth_registryenvelope", *where]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=stack.environment)
    done, total = answer.stdout.split("|")
    return int(done), int(total)


def memory(stack: Stack) -> int:
    """Return the memory of the largest of the worker's processes that run tasks."""
    return largest_child(stack.supervisor.pids["worker"])


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for the worker.

    Raises:
        Problem: it takes longer than half an hour.
    """
    end = time.monotonic() + 1_800
    while not true():
        if time.monotonic() > end:
            raise Problem("The worker does not finish.", do="read its log.")
        time.sleep(0.2)


def row(name: str, figure: float, unit: str) -> None:
    """Print one line of the table."""
    print(f"{name:58} {figure:12,.1f} {unit}" if unit else f"{name:58} {figure:12,.0f}", flush=True)


if __name__ == "__main__":
    end_with(main)
