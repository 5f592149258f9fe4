"""The inbox: stored before it is answered, once in effect, whatever breaks."""

import json
from contextlib import suppress
from datetime import UTC, timedelta
from unittest import mock

import pytest
import time_machine
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIRequest
from django.db import OperationalError
from django.http import UnreadablePostError
from django.utils import timezone

from accounts.models import AuditEvent
from common.errors import LockTimeout
from marketplace.models import Image, Manifest, PullCount, Tag
from marketplace.services.manifests import record_push
from marketplace.services.pulls import count_pulls
from registry_auth.models import Reconciliation, RegistryEnvelope, SeenRegistryEvent
from registry_auth.services import events as service
from registry_auth.services.events import drain_envelopes, prune_events, retry_envelope
from registry_auth.tasks import drain_registry_events, prune_registry_events
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import ImageFactory, ManifestFactory, PushedImageFactory, TagFactory, digest_of
from tests.support.threads import run_in_threads

URL = "/registry/events"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
pytestmark = pytest.mark.django_db


def told(
    action: str, repository: str, *, event_id: str, digest: str = digest_of("one"), tag: str | None = None, at=None, method: str = "GET"
) -> dict:
    target = {"mediaType": MANIFEST, "size": 500, "digest": digest, "repository": repository}
    if tag:
        target["tag"] = tag
    timestamp = (at or timezone.now()).isoformat()
    return {
        "id": event_id,
        "timestamp": timestamp,
        "action": action,
        "target": target,
        "request": {"method": method},
        "actor": {"name": "ada"},
    }


@pytest.fixture
def tell(inner_client, settings):
    def send(*events: dict, content: bytes | None = None, secret: str | None = None):
        shown = settings.LAYERSTORE_EVENTS_SECRET if secret is None else secret
        content = json.dumps({"events": events}).encode() if content is None else content
        kind = "application/vnd.docker.distribution.events.v1+json"
        return inner_client.post(URL, content, content_type=kind, headers={"authorization": f"Bearer {shown}"})

    return send


@pytest.fixture
def image() -> Image:
    return ImageFactory()


class TestListener:
    def test_a_notification_is_stored_by_one_insert_before_the_answer(self, tell, image, django_assert_num_queries):
        with django_assert_num_queries(1):
            response = tell(told("push", image.repository, event_id="1", tag="1.0"), told("pull", image.repository, event_id="2"))

        assert response.status_code == 202
        assert [event["id"] for event in RegistryEnvelope.objects.get().body] == ["1", "2"]

    def test_what_can_have_no_effect_is_answered_and_not_stored(self, tell, image):
        assert tell(told("pull", image.repository, event_id="1", method="HEAD")).status_code == 202
        assert tell().status_code == 202
        assert not RegistryEnvelope.objects.exists()

    @pytest.mark.parametrize("secret", ["", "wrong", "events-secret-of-the-test", "events-secret-of-the-testsx", "ß"])
    def test_without_the_secret_nothing_is_taken(self, tell, image, secret):
        assert tell(told("push", image.repository, event_id="1"), secret=secret).status_code == 401
        assert not RegistryEnvelope.objects.exists()

    def test_without_a_header_nothing_is_taken(self, inner_client):
        assert inner_client.post(URL, "{}", content_type="application/json").status_code == 401

    def test_without_a_configured_secret_the_listener_is_off(self, tell, settings):
        settings.LAYERSTORE_EVENTS_SECRET = ""

        assert tell().status_code == 401

    @pytest.mark.parametrize("content", [b"", b"x", b"[]", b'{"events": 1}'])
    def test_what_is_no_notification_is_400(self, tell, content):
        assert tell(content=content).status_code == 400
        assert not RegistryEnvelope.objects.exists()

    def test_a_body_beyond_the_limit_is_413(self, tell, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

        assert tell(content=b"x" * 101).status_code == 413

    def test_a_body_that_breaks_off_is_400(self, tell, monkeypatch):
        monkeypatch.setattr(WSGIRequest, "body", property(mock.Mock(side_effect=UnreadablePostError)))

        assert tell().status_code == 400

    def test_the_largest_envelope_is_taken_whole(self, tell, image, settings):
        """32 MiB, as large as the setting of the real process says: 25,000 events as distribution writes them."""
        events = [told("pull", image.repository, event_id=str(number)) for number in range(25_000)]
        padding = "x" * ((settings.DATA_UPLOAD_MAX_MEMORY_SIZE - len(json.dumps({"events": events}))) // 25_000 - 30)
        content = json.dumps({"events": [event | {"useragent": padding} for event in events]}).encode()
        assert 0.95 < len(content) / settings.DATA_UPLOAD_MAX_MEMORY_SIZE <= 1

        assert tell(content=content).status_code == 202

        assert RegistryEnvelope.objects.get().event_count == 25_000

    def test_only_post(self, inner_client):
        assert inner_client.get(URL).status_code == 405

    def test_a_push_wakes_the_worker_once_until_it_comes(self, tell, image, django_capture_on_commit_callbacks):
        with mock.patch.object(drain_registry_events, "apply_async") as queued, django_capture_on_commit_callbacks(execute=True):
            tell(told("push", image.repository, event_id="1"))
            tell(told("push", image.repository, event_id="2"))
        assert queued.call_count == 1

        with mock.patch("registry_auth.tasks.describe_waiting_manifests"):
            drain_registry_events()
        with mock.patch.object(drain_registry_events, "apply_async") as queued, django_capture_on_commit_callbacks(execute=True):
            tell(told("delete", image.repository, event_id="3"))
        assert queued.call_count == 1

    def test_pulls_wait_for_the_periodic_run(self, tell, image, django_capture_on_commit_callbacks):
        with mock.patch.object(drain_registry_events, "apply_async") as queued, django_capture_on_commit_callbacks(execute=True):
            tell(told("pull", image.repository, event_id="1"))

        assert queued.call_count == 0
        assert cache.get("registry-events-drain-queued") is None


class TestEffect:
    def test_a_push_writes_manifest_and_tag(self, tell, image):
        tell(told("push", image.repository, event_id="1", tag="1.0"))

        assert drain_envelopes() == 1

        tag = Tag.objects.get()
        assert (tag.image, tag.name, tag.manifest.digest, tag.manifest.described_at) == (image, "1.0", digest_of("one"), None)
        envelope = RegistryEnvelope.objects.get()
        assert (envelope.drained_at is not None, envelope.attempts, envelope.last_error) == (True, 1, "")
        assert drain_envelopes() == 0

    def test_late_news_move_no_tag_back(self, tell, image):
        now = timezone.now()
        tell(told("push", image.repository, event_id="2", tag="1.0", digest=digest_of("new"), at=now))
        tell(told("push", image.repository, event_id="1", tag="1.0", digest=digest_of("old"), at=now - timedelta(minutes=1)))

        drain_envelopes()

        assert Tag.objects.get().manifest.digest == digest_of("new")
        assert Manifest.objects.count() == 2

    def test_a_deleted_manifest_goes_with_its_tag(self, tell):
        image = PushedImageFactory()
        tell(told("delete", image.repository, event_id="1", digest=image.tags.get().manifest.digest))

        drain_envelopes()

        assert not Manifest.objects.filter(image=image).exists()

    def test_a_deleted_tag_goes_alone(self, tell):
        image = PushedImageFactory()
        event = told("delete", image.repository, event_id="1", tag="1.0")
        del event["target"]["digest"]
        tell(event)

        drain_envelopes()

        assert (image.tags.count(), image.manifests.count()) == (0, 1)

    def test_pulls_are_counted(self, tell, image):
        other = ImageFactory()
        tell(*[told("pull", image.repository, event_id=str(n)) for n in range(3)], told("pull", other.repository, event_id="other"))

        drain_envelopes()

        assert [Image.objects.get(pk=each.pk).pull_count for each in (image, other)] == [3, 1]

    @pytest.mark.parametrize("described", [True, False], ids=["described", "not described yet"])
    def test_a_pull_of_an_index_and_its_child_is_one(self, tell, image, described):
        child = ManifestFactory(image=image, platforms=["linux/arm64"]).digest
        index = ManifestFactory(image=image, kind=Manifest.Kind.INDEX, children=[child] if described else [])
        TagFactory(image=image, name="2.0", manifest=index)
        whole = told("pull", image.repository, event_id="1", digest=index.digest, tag="2.0")
        whole["target"]["mediaType"] = INDEX
        tell(whole, told("pull", image.repository, event_id="2", digest=child))

        drain_envelopes()

        row = PullCount.objects.get()
        assert (row.image, row.tag, row.platform, row.count) == (image, "2.0" if described else "", "linux/arm64", 1)

    def test_a_pull_is_counted_under_the_day_it_happened_and_whose_it_was(self, tell, image):
        ada = UserFactory(username="ada").account
        at = timezone.now() - timedelta(days=2)
        tell(told("pull", image.repository, event_id="1", tag="1.0", at=at))

        drain_envelopes()

        row = PullCount.objects.get()
        assert (row.day, row.tag, row.buyer, row.count) == (at.astimezone(UTC).date(), "1.0", ada, 1)

    def test_an_unknown_name_is_logged_and_dropped(self, tell, caplog):
        tell(
            told("push", "nobody/home", event_id="1"),
            told("pull", "nobody/home", event_id="2"),
            told("delete", "nobody/home", event_id="3"),
        )

        drain_envelopes()

        assert RegistryEnvelope.objects.get().last_error == ""
        assert not Manifest.objects.exists()
        assert "a name that nobody holds" in caplog.text

    def test_a_batch_is_as_many_envelopes_as_there_is_room_for(self, tell, image, monkeypatch):
        monkeypatch.setattr(service, "MOST_EVENTS", 4)
        applied = []
        apply = service._apply

        def note_and_apply(envelopes):
            applied.append([envelope.event_count for envelope in envelopes])
            return apply(envelopes)

        monkeypatch.setattr(service, "_apply", note_and_apply)
        for number, count in enumerate((9, 2, 2, 1)):
            tell(*[told("pull", image.repository, event_id=f"{number}-{n}") for n in range(count)])

        assert drain_envelopes() == 4

        assert applied == [[9], [2, 2], [1]]
        image.refresh_from_db()
        assert image.pull_count == 14

    def test_a_run_that_takes_long_leaves_the_rest_to_the_next(self, tell, image, monkeypatch):
        monkeypatch.setattr(service, "BATCH", 1)
        monkeypatch.setattr(service, "LONGEST_RUN", timedelta(seconds=-1))
        for number in range(2):
            tell(told("pull", image.repository, event_id=str(number)))

        assert [drain_envelopes(), drain_envelopes(), drain_envelopes()] == [1, 1, 0]

    def test_ten_thousand_events_in_one_envelope(self, tell, image):
        tell(*[told("pull", image.repository, event_id=str(n)) for n in range(10_000)])

        drain_envelopes()

        image.refresh_from_db()
        assert image.pull_count == 10_000


class TestOnce:
    def test_a_repeated_event_has_one_effect(self, tell, image):
        event = told("pull", image.repository, event_id="the-same")
        tell(event, event)
        tell(event)
        drain_envelopes()
        tell(event)
        drain_envelopes()

        image.refresh_from_db()
        assert image.pull_count == 1
        assert RegistryEnvelope.objects.filter(drained_at__isnull=True).count() == 0

    def test_a_broken_event_stops_no_other_and_comes_again(self, tell, image, monkeypatch):
        good, bad = digest_of("good"), digest_of("bad")
        tell(
            *[told("push", image.repository, event_id=name, digest=digest_of(name)) for name in ("bad", "good")],
            told("pull", image.repository, event_id="pull"),
        )
        record = record_push

        def stumble(**push):
            if push["digest"] == bad:
                raise LockTimeout
            return record(**push)

        monkeypatch.setattr(service, "record_push", stumble)
        assert drain_envelopes() == 1
        envelope = RegistryEnvelope.objects.get()
        assert (envelope.drained_at, envelope.last_error.split(":")[0]) == (None, "LockTimeout")
        assert [manifest.digest for manifest in image.manifests.all()] == [good]
        assert drain_envelopes() == 0  # it rests first

        monkeypatch.setattr(service, "record_push", record)
        with time_machine.travel(timezone.now() + timedelta(seconds=11)):
            assert drain_envelopes() == 1
        envelope.refresh_from_db()
        assert (envelope.drained_at is not None, envelope.last_error, envelope.attempts) == (True, "", 2)
        image.refresh_from_db()
        assert (image.manifests.count(), image.pull_count) == (2, 1)

    def test_broken_pulls_come_again_as_well(self, tell, image, monkeypatch):
        tell(told("pull", image.repository, event_id="1"))
        monkeypatch.setattr(service, "count_pulls", mock.Mock(side_effect=LockTimeout))
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

        monkeypatch.setattr(service, "count_pulls", fail_at_one)
        for number, repository in enumerate([image.repository, broken, image.repository]):
            tell(told("pull", repository, event_id=str(number)))

        drain_envelopes()

        image.refresh_from_db()
        assert image.pull_count == 2
        assert list(RegistryEnvelope.objects.order_by("pk").values_list("last_error", flat=True)) == ["", "ValueError: broken", ""]

    def test_after_ten_attempts_it_is_given_up_and_staff_can_let_it_wait_again(self, tell, image, monkeypatch):
        tell(told("push", image.repository, event_id="1"))
        monkeypatch.setattr(service, "record_push", mock.Mock(side_effect=ValueError("broken")))
        now = timezone.now()
        for attempt in range(12):
            with time_machine.travel(now + timedelta(minutes=5 * attempt)):
                drain_envelopes()
        envelope = RegistryEnvelope.objects.get()
        assert (envelope.attempts, envelope.last_error, envelope.drained_at is not None) == (10, "ValueError: broken", True)
        monkeypatch.undo()

        retry_envelope(envelope=envelope, reason="mended", actor=UserFactory(staff=True))

        assert drain_envelopes() == 1
        assert image.manifests.count() == 1
        assert AuditEvent.objects.get(action="registry_envelope.retried").reason == "mended"

    @pytest.mark.django_db(transaction=True)
    def test_a_worker_killed_in_the_middle_loses_nothing_and_repeats_nothing(self, tell, image, monkeypatch):
        tell(
            told("push", image.repository, event_id="1", digest=digest_of("first")),
            told("push", image.repository, event_id="2", digest=digest_of("second")),
            told("pull", image.repository, event_id="3"),
        )
        record = record_push

        def die(**push):
            if push["digest"] == digest_of("second"):
                raise SystemExit
            return record(**push)

        monkeypatch.setattr(service, "record_push", die)
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
            tell(told("push", image.repository, event_id=name, digest=digest_of(name)))
        record, killed = record_push, []

        def die(**push):
            if push["digest"] == digest_of("deadly"):
                killed.append(push)
                raise SystemExit
            return record(**push)

        monkeypatch.setattr(service, "record_push", die)
        now = timezone.now()
        for attempt in range(14):
            with time_machine.travel(now + timedelta(minutes=2 * attempt)), suppress(SystemExit):
                drain_envelopes()

        deadly = RegistryEnvelope.objects.get(body__0__id="deadly")
        assert (len(killed), deadly.attempts, deadly.drained_at is not None) == (10, 10, True)
        assert deadly.last_error == "No worker came to the end of the last attempt."
        assert "their workers died of them" in caplog.text
        assert {manifest.digest for manifest in image.manifests.all()} == {digest_of("before"), digest_of("after")}
        assert not RegistryEnvelope.objects.filter(drained_at__isnull=True).exists()
        monkeypatch.undo()
        retry_envelope(envelope=deadly, reason="more memory", actor=UserFactory(staff=True))
        assert (drain_envelopes(), image.manifests.count()) == (1, 3)

    def test_a_database_that_goes_away_leaves_the_envelope_waiting(self, tell, image, monkeypatch):
        tell(told("push", image.repository, event_id="1"))
        monkeypatch.setattr(service, "record_push", mock.Mock(side_effect=OperationalError))

        with pytest.raises(OperationalError):
            drain_envelopes()

        assert RegistryEnvelope.objects.get().drained_at is None

    @pytest.mark.django_db(transaction=True)
    def test_many_workers_count_each_pull_once(self, tell, image):
        for number in range(30):
            tell(
                *[told("pull", image.repository, event_id=f"{number}-{n}") for n in range(5)],
                told("pull", image.repository, event_id="in-all-of-them"),
            )

        outcomes = run_in_threads(4, drain_envelopes)

        assert all(isinstance(outcome, int) for outcome in outcomes)
        image.refresh_from_db()
        assert image.pull_count == 151
        assert PullCount.objects.get().count == 151
        assert not RegistryEnvelope.objects.filter(drained_at__isnull=True).exists()


@pytest.mark.parametrize("days", [7, 30])
def test_what_is_over_is_pruned_after_the_set_time_and_the_rest_stays(tell, image, settings, days):
    settings.LAYERSTORE_EVENTS_KEPT = timedelta(days=days)
    now = timezone.now()
    with time_machine.travel(now - timedelta(days=days + 1)):
        for repaired in (0, 1):
            Reconciliation.objects.create(written=repaired)
        tell(told("pull", image.repository, event_id="old"))
        drain_envelopes()
        tell(told("pull", image.repository, event_id="waiting"))
    SeenRegistryEvent.objects.update(seen_at=now - timedelta(days=days + 1))  # PostgreSQL's own clock wrote it
    tell(told("pull", image.repository, event_id="new"))
    drain_envelopes()
    RegistryEnvelope.objects.filter(body__0__id="waiting").update(drained_at=None)

    prune_registry_events()

    assert [envelope.body[0]["id"] for envelope in RegistryEnvelope.objects.order_by("pk")] == ["waiting", "new"]
    assert set(SeenRegistryEvent.objects.values_list("pk", flat=True)) == {"waiting", "new"}
    assert [run.written for run in Reconciliation.objects.all()] == [1]
    prune_events()
    assert RegistryEnvelope.objects.count() == 2
    assert [str(row) for row in (RegistryEnvelope.objects.last(), SeenRegistryEvent.objects.get(pk="new"))] == [
        f"envelope {RegistryEnvelope.objects.order_by('pk')[0].pk}",
        "new",
    ]
