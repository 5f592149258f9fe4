"""The event stream on the tests' Kafka cluster: a consumer in this process that reads when it is told to, or all processes of it."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Message, TopicPartition
from django.conf import settings as django_settings

from registry_auth.inbox.transports import brokers
from registry_auth.inbox.transports.consumer import Reader
from registry_auth.inbox.transports.kafka import KAFKA
from tests.support.ports import free_port
from tests.support.registry import wait_until
from tests.support.token_process import shop_environment
from tools.bench.mock_kafka import MockKafka
from tools.stack.instance import ROOT
from tools.stack.ports import is_free

_numbers = count(1)


@dataclass
class Stream:
    """A topic and its consumers."""

    kafka: MockKafka
    topic: str
    partitions: int
    beats: int = 0
    _readers: list[tuple[Reader, Consumer]] = field(default_factory=list)

    def reader(self) -> Reader:
        """Return a new consumer that has taken all partitions, as one that was just started."""
        consumer = brokers.consumer()
        reader = Reader(consumer, beat=self._beat)
        self._readers.append((reader, consumer))
        reader._assigned(consumer, [TopicPartition(self.topic, partition) for partition in range(self.partitions)])
        return reader

    def read(self, reader: Reader, *, commit: bool = True) -> None:
        """Let a consumer read all that is there; without a commit, it is as if it were in the middle of a window."""
        consumer = self.consumer_of(reader)
        while any(self.end_of(consumer, partition) > offset for partition, offset in reader._next.items()):
            reader._take_in(consumer.consume(1_000, 0.1))
        if commit:
            reader._commit()

    def consumer_of(self, reader: Reader) -> Consumer:
        return next(consumer for known, consumer in self._readers if known is reader)

    def messages(self, consumer: Consumer, count: int) -> list[Message]:
        """Return the next messages; a consumer may get them in parts."""
        found: list[Message] = []
        while len(found) < count:
            found += consumer.consume(count - len(found), 10)
        return found

    def put(self, key: str, message: bytes) -> None:
        """Put a message into the topic, as somebody else might."""
        delivered = threading.Event()
        brokers.producer().produce(self.topic, message, key.encode(), on_delivery=lambda *_: delivered.set())
        assert delivered.wait(10)

    def dead_letters(self) -> list[Message]:
        """Return what the dead-letter topic was told."""
        consumer = brokers.consumer()
        consumer.assign([TopicPartition(f"{self.topic}-dead", 0, 0)])
        found = consumer.consume(self.end_of(consumer, 0, f"{self.topic}-dead"), 10)
        consumer.close()
        return found

    def count(self) -> None:
        """Let a new consumer count all that is there."""
        self.read(self.reader())

    def end_of(self, consumer: Consumer, partition: int, topic: str = "") -> int:
        _, high = consumer.get_watermark_offsets(TopicPartition(topic or self.topic, partition), timeout=10)
        return high

    def end(self) -> None:
        self.kafka.bring_all_up()  # a consumer waits for its coordinator before it leaves
        for _, consumer in self._readers:
            consumer.close()

    def _beat(self) -> None:
        self.beats += 1


@contextmanager
def streaming(kafka: MockKafka, settings: Any, *, partitions: int = 3) -> Iterator[Stream]:
    """Switch the stream on, with a topic of its own. The test's settings switch it off again."""
    settings.LAYERSTORE_EVENTS = "kafka"
    settings.LAYERSTORE_KAFKA = {**settings.LAYERSTORE_KAFKA, "bootstrap.servers": kafka.servers}
    settings.LAYERSTORE_KAFKA_TOPIC = topic = f"events-{next(_numbers)}"
    kafka.create_topic(topic, partitions=partitions)
    kafka.create_topic(f"{topic}-dead", partitions=1)
    KAFKA.close()
    stream = Stream(kafka, topic, partitions)
    try:
        yield stream
    finally:
        stream.end()


@dataclass
class StreamProcesses:
    """The inner listener and the consumers as a shop runs them, on the tests' own database and Kafka cluster.

    Attributes:
        port: of the listener.
        events: the consumers' parent.
    """

    kafka: MockKafka
    topic: str
    partitions: int
    port: int
    events: "subprocess.Popen[bytes]"
    log: Path

    def consumers(self) -> set[int]:
        """Return the process ids of the consumers."""
        return {int(number) for number in Path(f"/proc/{self.events.pid}/task/{self.events.pid}/children").read_text().split()}

    def tell(self, *events: dict[str, Any]) -> int:
        """Tell the listener of events; return the status of its answer."""
        headers = {"Authorization": f"Bearer {django_settings.LAYERSTORE_EVENTS_SECRET}", "Content-Type": "application/json"}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("POST", "/registry/events", json.dumps({"events": events}), headers)
            return connection.getresponse().status


@contextmanager
def stream_processes(kafka: MockKafka, folder: Path, *, partitions: int = 4, consumers: int = 2) -> Iterator[StreamProcesses]:
    """Run the listener and some consumers."""
    topic = f"whole-path-{next(_numbers)}"
    kafka.create_topic(topic, partitions=partitions)
    kafka.create_topic(f"{topic}-dead", partitions=1)
    switched = {"LAYERSTORE_EVENTS": "kafka", "LAYERSTORE_KAFKA": kafka.servers, "LAYERSTORE_KAFKA_TOPIC": topic}
    environment = {**shop_environment(), **switched, "PYTHONPATH": str(ROOT)}
    port, log = free_port(), folder / "stream.log"
    listener = (sys.executable, "-m", "config.processes.inner_server", "--port", str(port))
    well = ("--health-file", str(folder / "well"))
    counting = (sys.executable, "-m", "config.processes.events", "--consumers", str(consumers), *well)
    with ExitStack() as running:
        output = running.enter_context(log.open("wb"))
        started = [
            running.enter_context(ending(subprocess.Popen(command, env=environment, cwd=ROOT, stdout=output, stderr=output)))
            for command in (listener, counting)
        ]
        whole = StreamProcesses(kafka, topic, partitions, port, started[1], log)
        wait_until(lambda: not is_free(port) and (folder / "well").exists(), seconds=60)
        yield whole


@contextmanager
def ending(process: "subprocess.Popen[bytes]") -> Iterator["subprocess.Popen[bytes]"]:
    """End a process as its supervisor does."""
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)
