"""Fills the stream's topic with pulls as the listener would have sent them: `FIRST COUNT MOST_AHEAD`, their numbers.

Sends no more than MOST_AHEAD that are not counted yet, for the mock cluster keeps little. Prints how many it sent, repetitions included.
"""

import json
import os
import sys
import time
from pathlib import Path

import django
from confluent_kafka import KafkaError, Message, Producer

django.setup()

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from registry_auth.inbox.client_hash import client_hash
from registry_auth.inbox.envelopes import EventAction, RegistryEvent
from registry_auth.inbox.messages import encode
from registry_auth.inbox.models import StreamPartition
from tools.bench.event_pulls import TOLD_TWICE, Pulls, address_of, id_of

STEP = 100_000
SECONDS = 600


def fill(pulls: Pulls, *, first: int, count: int, most_ahead: int) -> int:
    """Send the pulls of these numbers; return how many messages that were.

    Raises:
        RuntimeError: nobody counts them, or the brokers do not take them.
    """
    sender, topic, sent, before = large_batches(), settings.LAYERSTORE_KAFKA_TOPIC, 0, counted()
    now = timezone.now()
    for begin in range(first, first + count, STEP):
        deadline = time.monotonic() + SECONDS
        while sent + STEP - (counted() - before) > most_ahead:
            if time.monotonic() > deadline:
                raise RuntimeError("Nobody counts what waits.")
            time.sleep(0.05)
        for number in range(begin, min(begin + STEP, first + count)):
            repository, _, _, digest, buyer = pulls.of(number)
            event = RegistryEvent(
                id=id_of(number),
                action=EventAction.PULL,
                at=now,
                repository=repository,
                digest=digest,
                subject=buyer or "",
                client=client_hash(address_of(number)),
            )
            for _ in range(2 if number % TOLD_TWICE == 0 else 1):
                sender.produce(topic, encode(event), repository.encode(), on_delivery=require_delivered)
                sent += 1
            sender.poll(0)
        if sender.flush(SECONDS):
            raise RuntimeError("The brokers do not take what is sent.")
    return sent


def large_batches() -> Producer:
    """Return a producer that sends what is one partition's together. The mock cluster gives a consumer one batch a partition each time."""
    configured = {name: value for name, value in settings.LAYERSTORE_KAFKA.items() if value}
    if not configured["security.protocol"].startswith("sasl"):
        configured.pop("sasl.mechanism", None)
    batches = {"linger.ms": 1_000, "batch.num.messages": 10_000, "queue.buffering.max.messages": 2 * STEP, "compression.type": "lz4"}
    return Producer({**configured, **batches, "enable.idempotence": True, "partitioner": "murmur2_random"})


def require_delivered(error: KafkaError | None, _message: Message) -> None:
    """End this process where a message was not acknowledged: then its figures would mean nothing."""
    if error is not None:
        print(f"Not acknowledged: {error}", file=sys.stderr)
        os._exit(1)


def counted() -> int:
    """Return how many messages are counted."""
    return StreamPartition.objects.filter(topic=settings.LAYERSTORE_KAFKA_TOPIC).aggregate(Sum("next_offset"))["next_offset__sum"] or 0


if __name__ == "__main__":
    pulled, *numbers = sys.argv[1:]
    start, total, ahead = map(int, numbers)
    print(fill(Pulls(**json.loads(Path(pulled).read_text(encoding="utf-8"))), first=start, count=total, most_ahead=ahead))
