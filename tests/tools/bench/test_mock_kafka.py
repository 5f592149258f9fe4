"""The cluster that tests and measurements use keeps what it acknowledged, and is away when it is told to be."""

import os
import select
import subprocess
import sys

import pytest
from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition

from tools.bench.mock_kafka import MockKafka, Refused


def sent(kafka: MockKafka, topic: str, *values: str, seconds: int = 30) -> list[KafkaError | None]:
    """Send the values to partition 0, and return what became of each."""
    results: list[KafkaError | None] = []

    def delivered(error: KafkaError | None, _message: Message) -> None:
        results.append(error)

    producer = Producer({"bootstrap.servers": kafka.servers, "acks": "all", "message.timeout.ms": seconds * 1000})
    for value in values:
        producer.produce(topic, value.encode(), partition=0, on_delivery=delivered)
    producer.flush(seconds + 10)
    return results


def received(kafka: MockKafka, topic: str, count: int) -> list[bytes | None]:
    consumer = Consumer({"bootstrap.servers": kafka.servers, "group.id": topic})
    consumer.assign([TopicPartition(topic, 0, 0)])
    messages = [message.value() for message in consumer.consume(count, timeout=30)]
    consumer.close()
    return messages


def test_what_was_acknowledged_is_there_after_brokers_were_away(kafka: MockKafka) -> None:
    kafka.create_topic("kept", partitions=1)

    assert sent(kafka, "kept", "one") == [None]
    kafka.take_all_down()
    [error] = sent(kafka, "kept", "two", seconds=1)
    assert error is not None
    kafka.bring_all_up()

    assert sent(kafka, "kept", "three") == [None]
    assert received(kafka, "kept", 2) == [b"one", b"three"]


def test_a_partition_is_served_by_its_new_leader(kafka: MockKafka) -> None:
    kafka.create_topic("moved", partitions=1)
    kafka.move_leader("moved", 0, to=1)
    assert sent(kafka, "moved", "one") == [None]

    kafka.take_down(1)
    kafka.move_leader("moved", 0, to=2)

    assert sent(kafka, "moved", "two") == [None]
    assert received(kafka, "moved", 2) == [b"one", b"two"]
    kafka.bring_up(1)


def test_what_the_cluster_cannot_do_is_refused(kafka: MockKafka) -> None:
    kafka.create_topic("once", partitions=1)

    with pytest.raises(Refused, match="error"):
        kafka.create_topic("once", partitions=1)


def test_the_cluster_ends_with_its_user() -> None:
    program = "from tools.bench.mock_kafka import MockKafka; user = MockKafka().__enter__(); print(user.pid, flush=True); input()"
    user = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert user.stdout is not None
    cluster = os.pidfd_open(int(user.stdout.readline()))

    user.kill()
    user.communicate()

    ended, _, _ = select.select([cluster], [], [], 30)  # readable once the process has ended
    os.close(cluster)
    assert ended == [cluster]
