"""Kafka's clients: how each is configured, the one producer of a process, and the topics."""

import logging
import os
import threading
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from django.conf import settings

from registry_auth.inbox.errors import TopicMissing

logger = logging.getLogger(__name__)
ACKNOWLEDGED_SECONDS: Final = 2.0  # the registry waits five for our answer
_TOPIC_SECONDS: Final = 10.0
Delivered = Callable[[KafkaError | None, Message], None]


def dead_letter_topic() -> str:
    """Return the topic of what cannot be applied."""
    return f"{settings.LAYERSTORE_KAFKA_TOPIC}-dead"


def group() -> str:
    """Return the name of the consumers' group."""
    return f"layerstore-{settings.LAYERSTORE_KAFKA_TOPIC}"


def _client(**differing: Any) -> dict[str, Any]:
    configured = {name: value for name, value in settings.LAYERSTORE_KAFKA.items() if value}
    if not configured["security.protocol"].startswith("sasl"):
        configured.pop("sasl.mechanism", None)
    return {
        **configured,
        "client.id": "layerstore",
        "reconnect.backoff.max.ms": 1_000,
        "topic.metadata.refresh.fast.interval.ms": 100,
        "error_cb": _note_error,
        "log_level": 2,
        "logger": logger,  # served with the receipts and with what is read
        **differing,
    }


def _note_error(error: KafkaError) -> None:
    logger.warning("Kafka: %s", error)


def producer() -> Producer:
    """Return this process's producer, whose events all requests share: it sends what came together in one batch.

    A process that was forked has one of its own, which is made when it is first asked for.
    """
    return _producer_of(os.getpid())


@cache
def _lock_of(_process: int) -> threading.Lock:
    return threading.Lock()


_producers: dict[int, Producer] = {}


def _producer_of(process: int) -> Producer:
    with _lock_of(process):
        if process not in _producers:
            _producers[process] = made = Producer(
                _client(
                    **{
                        "enable.idempotence": True,  # with acks=all: kept by all replicas in sync, in order, and once
                        "partitioner": "murmur2_random",  # as Java's clients do: a repository's events are in one partition
                        "compression.type": "lz4",
                        "linger.ms": 2,
                        "batch.num.messages": 10_000,
                        "queue.buffering.max.messages": 500_000,
                        "message.timeout.ms": int(ACKNOWLEDGED_SECONDS * 1000),
                    }
                )
            )
            threading.Thread(target=_serve, args=(process, made), name="kafka-receipts", daemon=True).start()
        return _producers[process]


def _serve(process: int, served: Producer) -> None:
    """Hand over the brokers' receipts, as long as the producer is the process's own."""
    while _producers.get(process) is served:
        served.poll(1.0)


def consumer() -> Consumer:
    """Return a new member of the group. Where it begins is PostgreSQL's to say; what it commits to Kafka is for monitoring."""
    return Consumer(
        _client(
            **{
                "group.id": group(),
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "partition.assignment.strategy": "range",
                "session.timeout.ms": 6_000,  # a consumer that was killed is noticed after this; brokers accept no less
                "heartbeat.interval.ms": 1_000,
                "max.poll.interval.ms": 300_000,
                "coordinator.query.interval.ms": 5_000,  # also how long leaving the group waits for a coordinator that is away
                "fetch.wait.max.ms": 100,
                "queued.min.messages": 50_000,
                "queued.max.messages.kbytes": 32_768,  # of all partitions
                "fetch.queue.backoff.ms": 20,  # not for a second after that was reached: we take it in in less
                "enable.auto.offset.store": False,
            }
        )
    )


def require_topics() -> None:
    """Make sure that both topics exist; make those that are missing.

    Raises:
        TopicMissing: one is missing and could not be made; says what to do.
        KafkaException: Kafka does not answer.
    """
    admin = AdminClient(_client())
    known = admin.list_topics(timeout=_TOPIC_SECONDS).topics
    partitions, replicas = settings.LAYERSTORE_KAFKA_PARTITIONS, settings.LAYERSTORE_KAFKA_REPLICAS
    wanted = {settings.LAYERSTORE_KAFKA_TOPIC: partitions, dead_letter_topic(): 1}
    missing = [NewTopic(name, count, replicas) for name, count in wanted.items() if name not in known or known[name].error is not None]
    if not missing:
        return
    for name, made in admin.create_topics(missing, operation_timeout=_TOPIC_SECONDS, request_timeout=_TOPIC_SECONDS).items():
        try:
            made.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise TopicMissing(_what_to_do(name, wanted[name], replicas, error.args[0])) from error


def _what_to_do(name: str, partitions: int, replicas: int, error: KafkaError) -> str:
    command = f"kafka-topics.sh --create --topic {name} --partitions {partitions} --replication-factor {replicas}"
    return f"Kafka has no topic {name}, and did not make it: {error.str()}. Make it yourself: {command} --config min.insync.replicas=2"
