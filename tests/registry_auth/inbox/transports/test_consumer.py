"""Counting the stream: once, whatever happens to consumers, in the order of each repository, and nothing unreadable stops a partition."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from unittest import mock

import pytest
import time_machine
from confluent_kafka import KafkaError, KafkaException
from django.db import OperationalError, connections
from django.utils import timezone

from common.db.errors import LockTimeout
from marketplace.images.models import Image, Tag
from marketplace.images.services.manifests import record_push
from marketplace.insights.services import count_pulls
from registry_auth.inbox import effects
from registry_auth.inbox.drain import drain_envelopes
from registry_auth.inbox.errors import CountedByInbox, PartitionLost, StreamAway, TopicMissing
from registry_auth.inbox.models import DeadLetter, RegistryEnvelope, StreamMarks, StreamPartition, WaitingPuller
from registry_auth.inbox.store import retry_envelope
from registry_auth.inbox.transports import brokers, consumer, kafka, ledger
from registry_auth.inbox.transports.consumer import consume_stream
from registry_auth.inbox.transports.dead_letters import publish_dead_letters
from registry_auth.inbox.transports.window import Window
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import ImageFactory, digest_of
from tests.registry_auth.inbox.conftest import registry_event

pytestmark = pytest.mark.django_db


def pulled(image: Image) -> int:
    image.refresh_from_db()
    return image.pull_count


def listener_is_back() -> None:
    kafka.KAFKA.close()


def within_a_minute(true: Callable[[], bool]) -> Callable[[], bool]:
    """Return the question, which is a failure once a minute is over."""
    end = time.monotonic() + 60

    def ask() -> bool:
        assert time.monotonic() < end, "it did not come true"
        return true()

    return ask


class TestOnce:
    def test_what_a_killed_consumer_had_in_its_window_is_counted_by_the_next(self, tell, image, stream):
        tell(*[registry_event("pull", image.repository, event_id=f"a{n}") for n in range(3)])
        killed = stream.reader()
        stream.read(killed)
        tell(*[registry_event("pull", image.repository, event_id=f"b{n}") for n in range(4)])
        stream.read(killed, commit=False)
        assert pulled(image) == 3

        stream.count()

        assert pulled(image) == 7

    def test_a_repeated_pull_is_known_to_the_next_consumer(self, tell, image, stream):
        event = registry_event("pull", image.repository, event_id="1")
        tell(event, event)
        stream.count()
        tell(event)
        stream.count()

        assert pulled(image) == 1

    def test_who_has_lost_a_partition_commits_nothing(self, tell, image, stream):
        former = stream.reader()
        tell(registry_event("pull", image.repository, event_id="1"))
        stream.read(former, commit=False)
        stream.count()

        with pytest.raises(PartitionLost):
            former._commit()

        assert (pulled(image), sum(StreamPartition.objects.values_list("next_offset", flat=True))) == (1, 1)

    def test_what_the_inbox_applied_in_the_meantime_is_read_again_and_left_out(self, tell, image, stream, monkeypatch):
        reader = stream.reader()
        event = registry_event("pull", image.repository, event_id="both")
        tell(event, registry_event("pull", image.repository, event_id="one"))
        stream.read(reader, commit=False)
        monkeypatch.setattr(kafka, "_send", mock.Mock(side_effect=StreamAway))
        tell(event)
        drain_envelopes()
        assert pulled(image) == 1

        with pytest.raises(CountedByInbox):
            reader._commit()

        stream.count()
        assert pulled(image) == 2

    def test_events_of_other_repositories_in_between_are_no_conflict(self, tell, image, stream, monkeypatch):
        reader = stream.reader()
        tell(registry_event("pull", image.repository, event_id="1"))
        stream.read(reader, commit=False)
        monkeypatch.setattr(kafka, "_send", mock.Mock(side_effect=StreamAway))
        tell(registry_event("pull", image.repository, event_id="2"))
        drain_envelopes()

        reader._commit()

        assert pulled(image) == 2

    def test_a_consumer_without_work_learns_what_the_inbox_applies(self, tell, image, stream, monkeypatch):
        reader = stream.reader()
        event = registry_event("pull", image.repository, event_id="both")
        with monkeypatch.context() as away:
            away.setattr(kafka, "_send", mock.Mock(side_effect=StreamAway))
            tell(event)
        drain_envelopes()
        monkeypatch.setattr(consumer, "LEARN_EVERY", timedelta(0))
        reader._tidy()
        listener_is_back()
        tell(event, registry_event("pull", image.repository, event_id="one"))

        stream.read(reader)

        assert pulled(image) == 2

    def test_messages_from_before_the_last_commit_and_of_partitions_that_we_do_not_hold_are_passed_over(self, tell, image, stream):
        reader = stream.reader()
        tell(*[registry_event("pull", image.repository, event_id=str(n)) for n in range(3)])
        consumer_ = stream.consumer_of(reader)
        messages = stream.messages(consumer_, 3)
        reader._take_in(messages)
        reader._take_in(messages)
        reader._commit()
        assert pulled(image) == 3
        reader._drop()

        reader._take_in(messages)

        assert not reader._window.next_offsets


class TestOrder:
    def test_pushes_and_deletions_are_applied_as_they_are_read(self, tell, image, stream):
        tell(registry_event("push", image.repository, event_id="1", tag="1.0"), registry_event("pull", image.repository, event_id="2"))
        reader = stream.reader()

        stream.read(reader, commit=False)

        assert (Tag.objects.count(), pulled(image)) == (1, 0)

    def test_one_that_is_read_again_has_no_second_effect(self, tell, image, stream):
        gone = registry_event("delete", image.repository, event_id="2", tag="1.0")
        tell(
            registry_event("push", image.repository, event_id="1", tag="1.0"),
            gone,
            registry_event("push", image.repository, event_id="3", tag="1.0"),
        )
        stream.read(stream.reader(), commit=False)
        record = mock.Mock(side_effect=record_push)

        with mock.patch.object(effects, "record_push", record):
            stream.count()

        assert (record.call_count, Tag.objects.get().name) == (0, "1.0")

    def test_times_that_go_back_and_forth_across_partitions_end_at_the_newest(self, tell, stream):
        images, now = ImageFactory.create_batch(6), timezone.now()
        for minutes in (5, 1, 9, 3):
            for image in images:
                at = now - timedelta(minutes=minutes)
                name = f"{image.pk}{minutes}"
                tell(
                    registry_event("push", image.repository, event_id=f"push{name}", tag="1.0", digest=digest_of(name), at=at),
                    registry_event("pull", image.repository, event_id=f"pull{name}", tag="1.0", at=at),
                )

        stream.count()

        assert {tag.image: tag.manifest.digest for tag in Tag.objects.all()} == {image: digest_of(f"{image.pk}1") for image in images}
        assert [pulled(image) for image in images] == [4] * 6


class TestFaults:
    def test_what_is_no_message_stops_nothing_and_is_given_up_with_its_reason(self, tell, image, stream, caplog):
        tell(registry_event("pull", image.repository, event_id="1"))
        stream.put(image.repository, b"poison")
        stream.put(image.repository, b'{"action":"pull","mark":true}')
        tell(registry_event("pull", image.repository, event_id="2"))

        stream.count()

        assert pulled(image) == 2
        envelopes = RegistryEnvelope.objects.all()
        assert [each.given_up_at is not None and "no message of ours" in each.last_error for each in envelopes] == [True, True]
        assert "cannot be read" in caplog.text
        retry_envelope(envelope=envelopes[0], reason="perhaps", actor=UserFactory(staff=True))
        assert drain_envelopes() == 1
        assert "no message of ours" in envelopes[0].last_error

    def test_what_is_given_up_is_told_to_the_dead_letter_topic_once_it_is_there(self, tell, image, stream, monkeypatch):
        stream.put(image.repository, b"poison")
        stream.put(image.repository, b"poison")
        stream.count()
        envelope, other = RegistryEnvelope.objects.order_by("pk")
        with monkeypatch.context() as away:
            away.setattr("registry_auth.inbox.transports.dead_letters.ACKNOWLEDGED_SECONDS", -0.5)
            away.setattr("registry_auth.inbox.transports.dead_letters.producer", mock.MagicMock())
            assert publish_dead_letters() == 0
        assert [letter.envelope for letter in DeadLetter.objects.order_by("pk")] == [envelope, other]
        assert str(DeadLetter.objects.get(pk=envelope.pk)) == f"envelope {envelope.pk}"

        assert publish_dead_letters() == 2

        assert not DeadLetter.objects.exists()
        letter, _ = stream.dead_letters()
        assert (letter.key(), json.loads(letter.value())["reason"]) == (str(envelope.pk).encode(), envelope.last_error)

    def test_what_is_not_acknowledged_is_told_again(self, tell, image, stream, kafka):
        stream.put(image.repository, b"poison")
        stream.count()
        kafka.take_all_down()

        assert publish_dead_letters() == 0

        assert DeadLetter.objects.count() == 1

    def test_pulls_that_cannot_be_counted_stop_no_other_and_come_again_with_all_their_clients(self, tell, image, stream, monkeypatch):
        broken = ImageFactory()

        def fail_at_one(*, pulls):
            if broken.repository in {pull.repository for pull in pulls}:
                raise ValueError("broken")
            return count_pulls(pulls=pulls)

        monkeypatch.setattr(ledger, "count_pulls", fail_at_one)
        for number in range(4):
            address = {"request": {"method": "GET", "addr": f"10.0.0.{number % 2}"}, "actor": {}}
            tell(*[registry_event("pull", each.repository, event_id=f"{each.pk}{number}") | address for each in (image, broken)])

        stream.count()

        assert (pulled(image), pulled(broken)) == (4, 0)
        (envelope,) = RegistryEnvelope.objects.all()
        assert (envelope.last_error, envelope.attempts) == ("ValueError: broken", 0)
        with time_machine.travel(timezone.now() + timedelta(seconds=11)):
            drain_envelopes()
        assert (pulled(broken), WaitingPuller.objects.filter(image=broken).count()) == (4, 2)

    def test_a_push_that_fails_goes_to_the_inbox_and_stops_no_other(self, tell, image, stream, monkeypatch):
        def stumble(**push):
            if push["tag"] == "bad":
                raise ValueError("broken")
            return record_push(**push)

        monkeypatch.setattr(effects, "record_push", stumble)
        for tag in ("bad", "good"):
            tell(registry_event("push", image.repository, event_id=tag, tag=tag))
        stream.count()
        assert ([tag.name for tag in Tag.objects.all()], RegistryEnvelope.objects.get().last_error) == (["good"], "ValueError: broken")
        monkeypatch.undo()

        with time_machine.travel(timezone.now() + timedelta(seconds=11)):
            drain_envelopes()

        assert {tag.name for tag in Tag.objects.all()} == {"bad", "good"}

    def test_a_push_whose_row_is_locked_for_a_moment_keeps_its_place(self, tell, image, stream, monkeypatch):
        outcomes = [LockTimeout(), LockTimeout()]

        def wait(**push):
            if outcomes:
                raise outcomes.pop()
            return record_push(**push)

        monkeypatch.setattr(effects, "record_push", wait)
        tell(registry_event("push", image.repository, event_id="1", tag="1.0"))

        stream.count()

        assert (Tag.objects.count(), RegistryEnvelope.objects.count()) == (1, 0)

    def test_a_push_whose_row_stays_locked_goes_to_the_inbox(self, tell, image, stream, monkeypatch):
        record = mock.Mock(side_effect=LockTimeout)
        monkeypatch.setattr(effects, "record_push", record)
        tell(registry_event("push", image.repository, event_id="1", tag="1.0"))

        stream.count()

        assert (record.call_count, RegistryEnvelope.objects.get().last_error.split(":")[0]) == (3, "LockTimeout")

    def test_a_window_whose_rows_are_locked_is_tried_again(self, tell, image, stream, monkeypatch):
        monkeypatch.setattr(consumer, "BUSY_SECONDS", 0)
        outcomes = [LockTimeout()]

        def wait(*, pulls):
            if outcomes:
                raise outcomes.pop()
            return count_pulls(pulls=pulls)

        monkeypatch.setattr(ledger, "count_pulls", wait)
        tell(registry_event("pull", image.repository, event_id="1"))

        stream.count()

        assert pulled(image) == 1

    def test_what_kafka_deleted_before_it_was_read_is_told(self, tell, image, stream, caplog):
        reader = stream.reader()
        tell(*[registry_event("pull", image.repository, event_id=str(n)) for n in range(3)])
        reader._take_in(stream.messages(stream.consumer_of(reader), 3)[2:])
        reader._commit()

        assert pulled(image) == 1
        assert [record.events for record in caplog.records if "deleted events" in record.getMessage()] == [2]

    def test_a_topic_that_was_made_anew_is_told(self, tell, image, stream, caplog):
        reader = stream.reader()
        tell(registry_event("pull", image.repository, event_id="1"))
        stream.read(reader)
        reader._next = dict.fromkeys(reader._next, 1_000)

        reader._tidy()

        assert "it was made anew" in caplog.text

    def test_offsets_for_monitoring_may_be_refused(self, tell, image, stream, monkeypatch):
        reader = stream.reader()
        tell(registry_event("pull", image.repository, event_id="1"))
        stream.read(reader, commit=False)
        refusing = mock.Mock(commit=mock.Mock(side_effect=KafkaException))
        monkeypatch.setattr(reader, "_consumer", refusing)

        reader._commit()

        assert pulled(image) == 1

    def test_errors_among_the_messages_are_logged_and_passed_over(self, tell, image, stream, caplog):
        reader = stream.reader()
        tell(registry_event("pull", image.repository, event_id="1"))
        broken = mock.Mock(error=mock.Mock(return_value="leader away"))
        with mock.patch.object(
            consumer, "Message", mock.Mock(error=lambda message: message.error(), partition=lambda message: message.partition())
        ):
            reader._take_in([broken, *stream.messages(stream.consumer_of(reader), 1)])
        reader._commit()

        assert (pulled(image), "leader away" in caplog.text) == (1, True)


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
