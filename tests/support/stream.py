"""The event stream in this process, on the tests' Kafka cluster: a topic of its own, and a consumer that reads when it is told to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from registry_auth.inbox.transports import brokers
from registry_auth.inbox.transports.consumer import Reader
from registry_auth.inbox.transports.kafka import KAFKA
from tools.bench.mock_kafka import MockKafka

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
        consumer = next(consumer for known, consumer in self._readers if known is reader)
        while any(self.end_of(consumer, partition) > offset for partition, offset in reader._next.items()):
            reader._take_in(consumer.consume(1_000, 0.1))
        if commit:
            reader._commit()

    def count(self) -> None:
        """Let a new consumer count all that is there."""
        self.read(self.reader())

    def end_of(self, consumer: Consumer, partition: int) -> int:
        _, high = consumer.get_watermark_offsets(TopicPartition(self.topic, partition), timeout=10)
        return high

    def end(self) -> None:
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
