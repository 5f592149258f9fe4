"""What goes wrong between the stream and its counts stops no partition, and nothing is lost."""

import json
from datetime import timedelta
from unittest import mock

import pytest
import time_machine
from confluent_kafka import KafkaException
from django.utils import timezone

from common.db.errors import LockTimeout
from marketplace.images.models import Tag
from marketplace.images.services.manifests import record_push
from marketplace.insights.services import count_pulls
from registry_auth.inbox import effects
from registry_auth.inbox.drain import drain_envelopes
from registry_auth.inbox.models import DeadLetter, RegistryEnvelope, WaitingPuller
from registry_auth.inbox.store import retry_envelope
from registry_auth.inbox.transports import consumer, ledger
from registry_auth.inbox.transports.dead_letters import publish_dead_letters
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import ImageFactory
from tests.registry_auth.inbox.conftest import registry_event
from tests.registry_auth.inbox.transports.asking import pulled

pytestmark = pytest.mark.django_db


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
