"""Counting the stream: once, whatever happens to consumers, and in the order of each repository."""

from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone

from marketplace.images.models import Tag
from marketplace.images.services.manifests import record_push
from registry_auth.inbox import effects
from registry_auth.inbox.drain import drain_envelopes
from registry_auth.inbox.errors import CountedByInbox, PartitionLost, StreamAway
from registry_auth.inbox.models import StreamPartition
from registry_auth.inbox.transports import consumer, kafka
from tests.factories.marketplace import ImageFactory, digest_of
from tests.registry_auth.inbox.conftest import registry_event
from tests.registry_auth.inbox.transports.asking import pulled

pytestmark = pytest.mark.django_db


def listener_is_back() -> None:
    kafka.KAFKA.close()


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
