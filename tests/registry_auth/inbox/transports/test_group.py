"""A consumer as a member of its group, and the topics that it needs."""

import time
from collections.abc import Callable
from datetime import timedelta
from unittest import mock

import pytest
from confluent_kafka import KafkaError, KafkaException
from django.db import OperationalError, connections
from django.utils import timezone

from registry_auth.inbox.drain import drain_envelopes
from registry_auth.inbox.errors import StreamAway, TopicMissing
from registry_auth.inbox.models import DeadLetter, RegistryEnvelope, StreamMarks, StreamPartition
from registry_auth.inbox.transports import brokers, consumer, kafka, ledger
from registry_auth.inbox.transports.consumer import consume_stream
from registry_auth.inbox.transports.window import Window
from tests.registry_auth.inbox.conftest import registry_event
from tests.registry_auth.inbox.transports.asking import pulled

pytestmark = pytest.mark.django_db


def within_a_minute(true: Callable[[], bool]) -> Callable[[], bool]:
    """Return the question, which is a failure once a minute is over."""
    end = time.monotonic() + 60

    def ask() -> bool:
        assert time.monotonic() < end, "it did not come true"
        return true()

    return ask


class TestGroup:
    """A member of the group, from its beginning to its end."""

    def test_it_reads_tidies_and_commits_what_it_has_when_it_is_told_to_end(self, tell, image, stream, monkeypatch):
        monkeypatch.setattr(consumer, "TIDY_SECONDS", -1)
        tell(registry_event("pull", image.repository, event_id="1"))
        stream.put(image.repository, b"poison")
        beats: list[int] = []

        consume_stream(
            ended=within_a_minute(lambda: not DeadLetter.objects.exists() and RegistryEnvelope.objects.exists()),
            beat=lambda: beats.append(1),
        )

        assert (pulled(image), bool(beats)) == (1, True)

    def test_after_a_trouble_another_member_begins_from_the_last_commit(self, tell, image, stream, monkeypatch, caplog):
        monkeypatch.setattr(consumer, "REST_SECONDS", 0)
        monkeypatch.setattr(connections, "close_all", lambda: None)
        tell(registry_event("pull", image.repository, event_id="1"))
        outcomes = [OperationalError("away")]

        def fail_once(**window):
            if outcomes:
                raise outcomes.pop()
            return ledger.commit_window(**window)

        monkeypatch.setattr(consumer, "commit_window", fail_once)

        consume_stream(ended=within_a_minute(lambda: pulled(image) == 1), beat=lambda: None)

        assert "read again from its last commit: OperationalError" in caplog.text

    def test_what_is_revoked_is_committed_first_and_what_is_lost_is_not(self, tell, image, stream):
        reader = stream.reader()
        tell(registry_event("pull", image.repository, event_id="1"))
        stream.read(reader, commit=False)
        reader._revoked(stream.consumer_of(reader), [])
        assert pulled(image) == 1
        reader = stream.reader()
        tell(registry_event("pull", image.repository, event_id="2"))
        stream.read(reader, commit=False)

        reader._lost(stream.consumer_of(reader), [])
        reader._commit()

        assert pulled(image) == 1


def test_marks_are_forgotten_after_ten_minutes_but_not_while_the_inbox_has_older_events(tell, image, stream, monkeypatch):
    tell(registry_event("pull", image.repository, event_id="1"))
    reader = stream.reader()
    stream.read(reader)
    marks = StreamMarks.objects.get()
    assert (str(marks).startswith("1 of "), str(StreamPartition.objects.exclude(next_offset=0).get()).endswith("from 1")) == (True, True)
    StreamMarks.objects.update(written_at=timezone.now() - timedelta(minutes=11))
    monkeypatch.setattr(kafka, "_send", mock.Mock(side_effect=StreamAway))
    tell(registry_event("pull", image.repository, event_id="2"))
    RegistryEnvelope.objects.update(received_at=timezone.now() - timedelta(minutes=5))
    reader._tidy()
    assert StreamMarks.objects.count() == 1
    drain_envelopes()

    reader._tidy()

    assert not StreamMarks.objects.exists()


def test_a_window_is_due_by_its_age_its_rows_and_its_bytes(monkeypatch):
    window = Window()
    assert not window.is_due(caught_up=True)
    window.reach(0, 1, messages=1, size=10)
    assert window._began is not None
    with mock.patch("registry_auth.inbox.transports.window.time.monotonic", return_value=window._began + 2):
        assert (window.is_due(caught_up=True), window.is_due(caught_up=False)) == (True, False)
    window.reach(0, 2, messages=1, size=200 * 1024 * 1024)
    assert window.is_due(caught_up=False)


class TestTopics:
    def test_topics_that_are_there_are_left_alone(self, stream):
        brokers.require_topics()

    def test_a_topic_that_is_missing_is_made(self, stream, monkeypatch):
        made = mock.Mock()
        monkeypatch.setattr(brokers, "AdminClient", admin_without_topics(made=made))

        brokers.require_topics()

        assert [call.args[0] for call in made.call_args_list] == [stream.topic, f"{stream.topic}-dead"]

    def test_a_topic_that_somebody_else_makes_at_the_moment_is_there(self, stream, monkeypatch):
        monkeypatch.setattr(brokers, "AdminClient", admin_without_topics(made=refusing(KafkaError.TOPIC_ALREADY_EXISTS)))

        brokers.require_topics()

    def test_a_topic_that_may_not_be_made_is_named_with_the_command_that_makes_it(self, stream, monkeypatch):
        monkeypatch.setattr(brokers, "AdminClient", admin_without_topics(made=refusing(KafkaError.TOPIC_AUTHORIZATION_FAILED)))

        with pytest.raises(TopicMissing, match=rf"kafka-topics.sh --create --topic {stream.topic} --partitions 12"):
            brokers.require_topics()


def admin_without_topics(*, made: Callable[[str], object]):
    def create_topics(topics, **_options):
        return {topic.topic: mock.Mock(result=lambda topic=topic: made(topic.topic)) for topic in topics}

    admin = mock.Mock(list_topics=lambda **_options: mock.Mock(topics={}), create_topics=create_topics)
    return lambda _configuration: admin


def refusing(code: int) -> Callable[[str], object]:
    return mock.Mock(side_effect=KafkaException(KafkaError(code)))


def test_a_client_that_signs_in_says_how(settings):
    settings.LAYERSTORE_KAFKA = {
        "bootstrap.servers": "b:1",
        "security.protocol": "sasl_ssl",
        "sasl.mechanism": "PLAIN",
        "ssl.ca.location": "",
    }
    assert brokers._client()["sasl.mechanism"] == "PLAIN"
    assert "ssl.ca.location" not in brokers._client()
    settings.LAYERSTORE_KAFKA |= {"security.protocol": "ssl"}

    assert "sasl.mechanism" not in brokers._client()
