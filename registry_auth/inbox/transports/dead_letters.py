"""The dead-letter topic: told of each envelope that was given up, with its events and the reason. Staff's page shows the same."""

import json
import threading
from typing import Final

from confluent_kafka import KafkaError, Message

from registry_auth.inbox.models import DeadLetter
from registry_auth.inbox.transports.brokers import ACKNOWLEDGED_SECONDS, dead_letter_topic, producer

AT_ONCE: Final = 100


def publish_dead_letters() -> int:
    """Tell the topic of what was given up. Return how many envelopes it knows of now.

    What is not acknowledged stays and is told again; so an envelope may be told twice, and bears its number as key.
    """
    letters = list(DeadLetter.objects.select_related("envelope").order_by("pk")[:AT_ONCE])
    told: list[int] = []
    if letters:
        _send(letters, told)
        DeadLetter.objects.filter(pk__in=told).delete()
    return len(told)


def _send(letters: list[DeadLetter], told: list[int]) -> None:
    missing, complete = len(letters), threading.Event()

    def note(error: KafkaError | None, message: Message) -> None:
        nonlocal missing
        missing -= 1
        if error is None:
            told.append(int(message.key() or b"0"))
        if missing == 0:
            complete.set()

    for letter in letters:
        envelope = letter.envelope
        value = {"envelope": envelope.pk, "reason": envelope.last_error, "events": envelope.body}
        producer().produce(dead_letter_topic(), json.dumps(value).encode(), str(envelope.pk).encode(), on_delivery=note)
    complete.wait(ACKNOWLEDGED_SECONDS + 0.5)
