"""Each event has its effect once, whatever breaks; envelopes that fail are tried again and given up in the end."""

from contextlib import suppress
from datetime import timedelta
from unittest import mock

import pytest
import time_machine
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError
from django.utils import timezone

from audit.models import AuditEvent
from common.db.errors import LockTimeout
from marketplace.images.services.manifests import record_push
from marketplace.insights.models import PullCount
from marketplace.insights.services import count_pulls
from registry_auth.inbox import drain, effects
from registry_auth.inbox.drain import drain_envelopes
from registry_auth.inbox.models import RegistryEnvelope, SeenRegistryEvent
from registry_auth.inbox.store import retry_envelope
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import ImageFactory, digest_of
from tests.registry_auth.inbox.conftest import registry_event
from tests.support.threads import run_in_threads

pytestmark = pytest.mark.django_db


class TestOnce:
    def test_a_repeated_event_has_one_effect(self, tell, image, apply):
        event = registry_event("pull", image.repository, event_id="the-same")
        tell(event, event)
        tell(event)
        apply()
        tell(event)
        apply()

        image.refresh_from_db()
        assert image.pull_count == 1
        assert RegistryEnvelope.objects.filter(drained_at__isnull=True).count() == 0

    def test_a_broken_event_stops_no_other_and_comes_again(self, tell, image, monkeypatch):
        good, bad = digest_of("good"), digest_of("bad")
        tell(
            *[registry_event("push", image.repository, event_id=name, digest=digest_of(name)) for name in ("bad", "good")],
            registry_event("pull", image.repository, event_id="pull"),
        )
        record = record_push

        def stumble(**push):
            if push["digest"] == bad:
                raise LockTimeout
            return record(**push)

        monkeypatch.setattr(effects, "record_push", stumble)
        assert drain_envelopes() == 1
        envelope = RegistryEnvelope.objects.get()
        assert (envelope.drained_at, envelope.last_error.split(":")[0]) == (None, "LockTimeout")
        assert [manifest.digest for manifest in image.manifests.all()] == [good]
        assert drain_envelopes() == 0  # it rests first

        monkeypatch.setattr(effects, "record_push", record)
        with time_machine.travel(timezone.now() + timedelta(seconds=11)):
            assert drain_envelopes() == 1
        envelope.refresh_from_db()
        assert (envelope.drained_at is not None, envelope.last_error, envelope.attempts) == (True, "", 2)
        image.refresh_from_db()
        assert (image.manifests.count(), image.pull_count) == (2, 1)

    @pytest.mark.parametrize("action", ["pull", "push"])
    def test_a_drain_whose_time_is_over_ends_and_blames_no_envelope(self, tell, image, monkeypatch, action):
        tell(registry_event(action, image.repository, event_id="1"))
        tell(registry_event(action, image.repository, event_id="2"))
        applied = mock.Mock(side_effect=SoftTimeLimitExceeded)
        monkeypatch.setattr(effects, "count_pulls" if action == "pull" else "record_push", applied)

        with pytest.raises(SoftTimeLimitExceeded):
            drain_envelopes()

        assert applied.call_count == 1
        assert set(RegistryEnvelope.objects.values_list("last_error", "drained_at", "given_up_at")) == {("", None, None)}

    def test_broken_pulls_come_again_as_well(self, tell, image, monkeypatch):
        tell(registry_event("pull", image.repository, event_id="1"))
        monkeypatch.setattr(effects, "count_pulls", mock.Mock(side_effect=LockTimeout))
        drain_envelopes()
        monkeypatch.undo()
        with time_machine.travel(timezone.now() + timedelta(seconds=11)):
            drain_envelopes()

        image.refresh_from_db()
        assert image.pull_count == 1

    def test_a_pull_that_fails_stops_no_other(self, tell, image, monkeypatch):
        broken = ImageFactory().repository

        def fail_at_one(*, pulls):
            if broken in {pull.repository for pull in pulls}:
                raise ValueError("broken")
            return count_pulls(pulls=pulls)

        monkeypatch.setattr(effects, "count_pulls", fail_at_one)
        for number, repository in enumerate([image.repository, broken, image.repository]):
            tell(registry_event("pull", repository, event_id=str(number)))

        drain_envelopes()

        image.refresh_from_db()
        assert image.pull_count == 2
        assert list(RegistryEnvelope.objects.order_by("pk").values_list("last_error", flat=True)) == ["", "ValueError: broken", ""]

    def test_an_envelope_that_nobody_can_read_stops_no_other(self, tell, image):
        for number in range(3):
            tell(registry_event("pull", image.repository, event_id=str(number)))
        RegistryEnvelope.objects.filter(body__0__id="1").update(body=[{"id": "1"}])

        drain_envelopes()

        image.refresh_from_db()
        assert image.pull_count == 2
        errors = RegistryEnvelope.objects.order_by("pk").values_list("last_error", flat=True)
        assert [error.partition(":")[0] for error in errors] == ["", "ValidationError", ""]

    def test_after_ten_attempts_it_is_given_up_and_staff_can_let_it_wait_again(self, tell, image, monkeypatch):
        tell(registry_event("push", image.repository, event_id="1"))
        monkeypatch.setattr(effects, "record_push", mock.Mock(side_effect=ValueError("broken")))
        now = timezone.now()
        for attempt in range(12):
            with time_machine.travel(now + timedelta(minutes=5 * attempt)):
                drain_envelopes()
        envelope = RegistryEnvelope.objects.get()
        assert (envelope.attempts, envelope.last_error, envelope.given_up_at is not None) == (10, "ValueError: broken", True)
        assert envelope.drained_at is None
        monkeypatch.undo()

        retry_envelope(envelope=envelope, reason="mended", actor=UserFactory(staff=True))

        assert drain_envelopes() == 1
        assert image.manifests.count() == 1
        assert AuditEvent.objects.get(action="registry_envelope.retried").reason == "mended"

    @pytest.mark.django_db(transaction=True)
    def test_a_worker_killed_in_the_middle_loses_nothing_and_repeats_nothing(self, tell, image, monkeypatch):
        tell(
            registry_event("push", image.repository, event_id="1", digest=digest_of("first")),
            registry_event("push", image.repository, event_id="2", digest=digest_of("second")),
            registry_event("pull", image.repository, event_id="3"),
        )
        record = record_push

        def die(**push):
            if push["digest"] == digest_of("second"):
                raise SystemExit
            return record(**push)

        monkeypatch.setattr(effects, "record_push", die)
        with pytest.raises(SystemExit):
            drain_envelopes()
        assert [manifest.digest for manifest in image.manifests.all()] == [digest_of("first")]
        assert SeenRegistryEvent.objects.count() == 1
        monkeypatch.undo()
        assert drain_envelopes() == 0  # still claimed

        with time_machine.travel(timezone.now() + timedelta(seconds=61)):
            assert drain_envelopes() == 1
        image.refresh_from_db()
        assert (image.manifests.count(), image.pull_count) == (2, 1)

    def test_an_envelope_that_kills_each_worker_is_given_up_and_takes_no_other_along(self, tell, image, monkeypatch, caplog):
        for name in ("before", "deadly", "after"):
            tell(registry_event("push", image.repository, event_id=name, digest=digest_of(name)))
        record, killed = record_push, []

        def die(**push):
            if push["digest"] == digest_of("deadly"):
                killed.append(push)
                raise SystemExit
            return record(**push)

        monkeypatch.setattr(effects, "record_push", die)
        now = timezone.now()
        for attempt in range(14):
            with time_machine.travel(now + timedelta(minutes=2 * attempt)), suppress(SystemExit):
                drain_envelopes()

        deadly = RegistryEnvelope.objects.get(body__0__id="deadly")
        assert (len(killed), deadly.attempts, deadly.given_up_at is not None) == (10, 10, True)
        assert deadly.last_error == "No worker came to the end of the last attempt."
        assert "their workers died of them" in caplog.text
        assert {manifest.digest for manifest in image.manifests.all()} == {digest_of("before"), digest_of("after")}
        assert list(RegistryEnvelope.objects.filter(drained_at__isnull=True)) == [deadly]
        monkeypatch.undo()
        retry_envelope(envelope=deadly, reason="more memory", actor=UserFactory(staff=True))
        assert (drain_envelopes(), image.manifests.count()) == (1, 3)

    def test_a_database_that_goes_away_leaves_the_envelope_waiting(self, tell, image, monkeypatch):
        tell(registry_event("push", image.repository, event_id="1"))
        monkeypatch.setattr(effects, "record_push", mock.Mock(side_effect=OperationalError))

        with pytest.raises(OperationalError):
            drain_envelopes()

        assert RegistryEnvelope.objects.get().drained_at is None

    @pytest.mark.django_db(transaction=True)
    def test_many_workers_count_each_pull_once(self, tell, image):
        for number in range(30):
            tell(
                *[registry_event("pull", image.repository, event_id=f"{number}-{n}") for n in range(5)],
                registry_event("pull", image.repository, event_id="in-all-of-them"),
            )

        outcomes = run_in_threads(4, drain_envelopes)

        assert all(isinstance(outcome, int) for outcome in outcomes)
        image.refresh_from_db()
        assert image.pull_count == 151
        assert PullCount.objects.get().count == 151
        assert not RegistryEnvelope.objects.filter(drained_at__isnull=True).exists()


class TestBatches:
    def test_a_batch_is_as_many_envelopes_as_there_is_room_for(self, tell, image, monkeypatch):
        monkeypatch.setattr(drain, "MOST_EVENTS", 4)
        applied = []
        apply = effects.apply_envelopes

        def note_and_apply(envelopes):
            applied.append([envelope.event_count for envelope in envelopes])
            return apply(envelopes)

        monkeypatch.setattr(drain, "apply_envelopes", note_and_apply)
        for number, count in enumerate((9, 2, 2, 1)):
            tell(*[registry_event("pull", image.repository, event_id=f"{number}-{n}") for n in range(count)])

        assert drain_envelopes() == 4

        assert applied == [[9], [2, 2], [1]]
        image.refresh_from_db()
        assert image.pull_count == 14

    def test_a_run_that_takes_long_leaves_the_rest_to_the_next(self, tell, image, monkeypatch):
        monkeypatch.setattr(drain, "BATCH", 1)
        monkeypatch.setattr(drain, "LONGEST_RUN", timedelta(seconds=-1))
        for number in range(2):
            tell(registry_event("pull", image.repository, event_id=str(number)))

        assert [drain_envelopes(), drain_envelopes(), drain_envelopes()] == [1, 1, 0]

    def test_ten_thousand_events_in_one_envelope(self, tell, image):
        tell(*[registry_event("pull", image.repository, event_id=str(n)) for n in range(10_000)])

        drain_envelopes()

        image.refresh_from_db()
        assert image.pull_count == 10_000
