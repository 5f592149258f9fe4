"""The listener's side of the stream: answered is what the brokers have acknowledged, or what lies in the inbox."""

import os
from contextlib import suppress
from unittest import mock

import msgspec
import pytest
from django.db import OperationalError
from django.utils import timezone

from common.db.models import Outage
from marketplace.images.models import Tag
from registry_auth.inbox.drain import drain_envelopes
from registry_auth.inbox.envelopes import EventAction, RegistryEvent
from registry_auth.inbox.errors import StreamAway
from registry_auth.inbox.models import RegistryEnvelope
from registry_auth.inbox.transports import brokers
from registry_auth.inbox.transports import kafka as listener
from registry_auth.inbox.transports.kafka import KAFKA
from tests.factories.marketplace import digest_of
from tests.registry_auth.inbox.conftest import registry_event

pytestmark = pytest.mark.django_db


def test_an_event_goes_through_the_stream_and_not_through_the_inbox(tell, image, stream, django_assert_num_queries):
    tell(registry_event("pull", image.repository, event_id="0"))
    with django_assert_num_queries(0):
        assert tell(registry_event("pull", image.repository, event_id="1", tag="1.0")).status_code == 202

    stream.count()

    image.refresh_from_db()
    assert (image.pull_count, RegistryEnvelope.objects.count()) == (2, 0)


def test_what_one_repository_tells_is_in_one_partition_in_its_order(tell, image, stream):
    for number in range(6):
        tell(registry_event("push" if number % 2 else "delete", image.repository, event_id=str(number), tag="1.0"))

    reader = stream.reader()
    stream.read(reader)

    assert sorted(reader._next.values()) == [0, 0, 6]
    assert Tag.objects.get().name == "1.0"  # the last was a push


def test_with_kafka_away_the_inbox_takes_over_at_once_after_the_first_and_staff_know(tell, image, stream, kafka, monkeypatch):
    tell(registry_event("pull", image.repository, event_id="before"))
    kafka.take_all_down()
    assert tell(registry_event("pull", image.repository, event_id="1")).status_code == 202
    sent: list[object] = []
    monkeypatch.setattr(listener, "_send", sent.append)
    assert tell(registry_event("pull", image.repository, event_id="2")).status_code == 202
    assert (sent, RegistryEnvelope.objects.count(), Outage.objects.get().dependency) == ([], 2, "kafka")
    monkeypatch.undo()

    kafka.bring_all_up()
    KAFKA.close()
    tell(registry_event("pull", image.repository, event_id="after"))

    assert not Outage.objects.exists()
    drain_envelopes()
    stream.count()
    image.refresh_from_db()
    assert image.pull_count == 4


def test_what_kafka_kept_without_saying_so_counts_once_whichever_side_is_first(tell, image, stream, monkeypatch):
    """The brokers have it, their acknowledgement is lost: it is in the stream and in the inbox."""
    send = listener._send

    def send_and_hear_nothing(events):
        send(events)
        raise StreamAway("no answer")

    monkeypatch.setattr(listener, "_send", send_and_hear_nothing)
    tell(registry_event("pull", image.repository, event_id="1"), registry_event("push", image.repository, event_id="2", tag="1.0"))
    assert RegistryEnvelope.objects.get().event_count == 2
    stream.count()
    drain_envelopes()
    KAFKA.close()
    tell(registry_event("pull", image.repository, event_id="3"), registry_event("push", image.repository, event_id="4", tag="1.1"))
    drain_envelopes()
    stream.count()

    image.refresh_from_db()
    assert (image.pull_count, image.tags.count()) == (2, 2)


@pytest.mark.django_db(transaction=True)
def test_with_postgresql_away_kafka_alone_is_enough(tell, image, stream, monkeypatch):
    monkeypatch.setattr(listener, "_outage", listener._Outage())
    monkeypatch.setattr(listener, "end_outage", mock.Mock(side_effect=OperationalError))

    assert tell(registry_event("pull", image.repository, event_id="1")).status_code == 202

    stream.count()
    image.refresh_from_db()
    assert image.pull_count == 1


def test_a_full_memory_sends_events_to_the_inbox(tell, image, stream, monkeypatch):
    class Full:
        def produce(self, *_args: object, **_options: object) -> None:
            raise BufferError("Local: Queue full")

    monkeypatch.setattr(listener, "producer", Full)

    assert tell(registry_event("pull", image.repository, event_id="1")).status_code == 202

    assert RegistryEnvelope.objects.count() == 1


def test_a_silent_producer_is_not_waited_for_any_longer(tell, image, stream, monkeypatch):
    class Silent:
        def produce(self, *_args: object, **_options: object) -> None:
            pass

    monkeypatch.setattr(listener, "producer", Silent)
    monkeypatch.setattr(listener, "ACKNOWLEDGED_SECONDS", -0.5)

    tell(registry_event("pull", image.repository, event_id="1"))

    assert RegistryEnvelope.objects.count() == 1
    assert Outage.objects.get().reason == "no answer"


def test_a_process_that_was_forked_has_a_producer_of_its_own(image, stream):
    """As gunicorn's workers are, of a master that may have sent something."""
    event = RegistryEvent(id="1", action=EventAction.PULL, at=timezone.now(), repository=image.repository, digest=digest_of("one"))
    listener._send([event])

    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            listener._send([msgspec.structs.replace(event, id="2")])
            os._exit(0)
        os._exit(1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert brokers.producer() is brokers.producer()
    stream.count()
    image.refresh_from_db()
    assert image.pull_count == 2
