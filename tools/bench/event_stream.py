"""`script/bench events --transport kafka`: the real listener and the real consumers, on a mock cluster or on real brokers."""

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from tools.bench.event_outcome import ask_database, compare, row, wait_until
from tools.bench.event_pulls import PER_ENVELOPE, Pulls, envelopes
from tools.bench.event_sender import send
from tools.bench.mock_kafka import REPLICAS, MockKafka
from tools.bench.processes import largest_child, processor_seconds
from tools.bench.shop import fresh_shop, run_here
from tools.stack.running import Stack

# So many that none has much more than its share of what waits: of each the mock cluster keeps 5 MiB.
PARTITIONS, IMAGES = 96, 400
AHEAD = 1_000_000  # messages that may wait there
SINGLES, HUNDREDS = 6_000, 100_000  # events that are sent through the listener
STEPS = 10
SECONDS = 20.0  # until brokers have answered
MIB = 1024 * 1024


def measure(wanted: int, *, servers: str | None) -> int:
    """Measure the stream with so many events in one life of its consumers; return 0 only if every event was counted once.

    Args:
        servers: real brokers, which get a topic of their own; left out, a mock cluster is started.
    """
    topic = f"bench-events-{os.getpid()}"
    with brokers(servers, topic) as found:
        switched = {"LAYERSTORE_EVENTS": "kafka", "LAYERSTORE_KAFKA_TOPIC": topic, "LAYERSTORE_KAFKA_PARTITIONS": str(PARTITIONS), **found}
        with fresh_shop(durable=True, restarts=False, settings=switched) as stack:
            for part in ("scheduler", "worker", "events"):
                stack.supervisor.stop_part(part)
            return Measurement(stack, found["LAYERSTORE_KAFKA"], topic).run(wanted)


@contextmanager
def brokers(servers: str | None, topic: str) -> Iterator[dict[str, str]]:
    """Yield the settings that say where the brokers are. The mock cluster, which makes no topics when asked by clients, gets them here."""
    if servers is None:
        with MockKafka() as kafka:
            kafka.create_topic(topic, partitions=PARTITIONS)
            kafka.create_topic(f"{topic}-dead", partitions=1)
            yield {"LAYERSTORE_KAFKA": kafka.servers}
        return
    admin = AdminClient({"bootstrap.servers": servers, "log_level": 2})
    replicas = min(len(admin.list_topics(timeout=SECONDS).brokers), REPLICAS)
    print(f"The topics {topic} and {topic}-dead are made there, and stay.", flush=True)
    yield {"LAYERSTORE_KAFKA": servers, "LAYERSTORE_KAFKA_REPLICAS": str(replicas)}


class Measurement:
    """One run on a started shop whose consumers are stopped."""

    def __init__(self, stack: Stack, bootstrap: str, topic: str) -> None:
        self.stack = stack
        self.topic = topic
        self.pulls = Pulls(**json.loads(run_here(stack, "-m", "tools.bench.event_rows", "fill", str(IMAGES))))
        self.known = stack.instance.var / "bench-pulls.json"
        self.known.write_text(json.dumps({"pulled": self.pulls.pulled, "buyers": self.pulls.buyers}), encoding="utf-8")
        self._watcher = Consumer({"bootstrap.servers": bootstrap, "group.id": f"{topic}-watcher", "log_level": 2})

    def run(self, wanted: int) -> int:
        """Print a line for each figure."""
        self.accept(min(wanted // 10, SINGLES), min(wanted // 4, HUNDREDS))
        self.count(min(wanted, AHEAD) * 9 // 10 - self.pulls.made)
        self.go_on(wanted - self.pulls.made)
        self.survive(min(max(wanted // 10, PER_ENVELOPE), AHEAD))
        self.drain()
        return compare(self.stack, self.pulls)

    def accept(self, singles: int, hundreds: int) -> None:
        """Send notifications to the listener while nobody counts; then count them, which is not measured: they lie in small batches."""
        alone = [self.pulls.take(1) for _ in range(singles)]
        row("accepted, 1 event an envelope", singles / send(self.stack, iter(alone)), "events/s")
        row(f"accepted, {PER_ENVELOPE} events an envelope", hundreds / send(self.stack, envelopes(self.pulls, hundreds)), "events/s")
        self.stack.supervisor.start("events")
        wait_until(lambda: self.counted() >= self.end())
        self.stack.supervisor.stop_part("events")

    def count(self, more: int) -> None:
        """Fill the topic, start the consumers, and measure from when the last of them has its partitions to the last commit."""
        self.fill(more)
        end, known, began, counted, spent = self.end(), self.takings(), 0.0, 0, 0.0
        with ThreadPoolExecutor(1) as pool:
            started = pool.submit(self.stack.supervisor.start, "events")
            while (now := self.counted()) < end or not started.done():
                if known < (known := self.takings()):  # each consumer that comes has the others give their partitions up and commit
                    began, counted, spent = time.monotonic(), self.counted(), self.spent()
                time.sleep(0.05)
            seconds = time.monotonic() - began
            started.result()
        row("consumed and counted", (now - counted) / seconds, "events/s")
        row("processor time of all consumers", (self.spent() - spent) / (now - counted) * 1e6, "µs an event")

    def go_on(self, more: int) -> None:
        """Let the same consumers count the rest while it is sent; print the memory of the larger one along the way."""
        points = [("start", self.memory())]
        for step in range(STEPS):
            self.fill(more * (step + 1) // STEPS - more * step // STEPS)
            wait_until(lambda: self.counted() >= self.end())
            points.append((f"{100 // STEPS * (step + 1)} %", self.memory()))
        held = ", ".join(f"{when} {memory / MIB:.1f}" for when, memory in points)
        print(f"memory of the largest consumer, MiB, over {self.pulls.made:,} events: {held}", flush=True)

    def survive(self, count: int) -> None:
        """Kill all consumers outright in the middle of a window, start them again, and wait until everything is counted."""
        with ThreadPoolExecutor(1) as pool:
            filled = pool.submit(self.fill, count)
            before = self.counted()
            wait_until(lambda: self.counted() > before, pause=0.02)
            self.stack.supervisor.kill("events")
            began = time.monotonic()
            self.stack.supervisor.start("events")
            filled.result()
        wait_until(lambda: self.counted() >= self.end())
        row("killed and recovered", time.monotonic() - began, "s")

    def drain(self) -> None:
        """Let the worker apply what went through the inbox because the brokers took too long."""
        waiting = "SELECT count(*) FROM registry_auth_registryenvelope WHERE drained_at IS NULL"
        if count := int(ask_database(self.stack, waiting)):
            print(f"{count} notifications went through the inbox", flush=True)
            self.stack.supervisor.start("worker", "scheduler")
            wait_until(lambda: ask_database(self.stack, waiting) == "0")

    def fill(self, count: int) -> None:
        """Put pulls into the topic, at most as many at once as the cluster keeps."""
        if count > 0:
            run_here(self.stack, "-m", "tools.bench.event_filler", str(self.known), str(self.pulls.made), str(count), str(AHEAD))
            self.pulls.made += count

    def counted(self) -> int:
        """Return how many messages are counted, repetitions included."""
        return self._sum("next_offset")

    def takings(self) -> int:
        """Return how often partitions were taken."""
        return self._sum("holder_number")

    def end(self) -> int:
        """Return how many messages there were."""
        parts = (TopicPartition(self.topic, partition) for partition in range(PARTITIONS))
        return sum(self._watcher.get_watermark_offsets(part, timeout=SECONDS)[1] for part in parts)

    def spent(self) -> float:
        """Return the processor time that the consumers have used, in seconds."""
        return processor_seconds(self.stack.supervisor.pids.get("events", 0))

    def memory(self) -> int:
        """Return the memory of the larger consumer."""
        return largest_child(self.stack.supervisor.pids["events"])

    def _sum(self, column: str) -> int:
        query = f"SELECT coalesce(sum({column}), 0) FROM registry_auth_streampartition WHERE topic = '{self.topic}'"
        return int(ask_database(self.stack, query))
