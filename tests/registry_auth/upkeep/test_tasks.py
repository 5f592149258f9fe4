"""The periodic jobs: with a registry that is away, and one at a time."""

from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone

from common.db.leases.holding import lease
from common.tasks import clear_sessions
from marketplace.images.models import Manifest
from marketplace.images.oci import MANIFEST
from registry_auth.client.errors import RegistryAway
from registry_auth.inbox.envelopes import EventAction, RegistryEvent
from registry_auth.inbox.tasks import drain_registry_events, prune_registry_events
from registry_auth.inbox.transports.postgresql import store_events
from registry_auth.upkeep.tasks import describe_manifests, reconcile_registry, remove_taken_down_manifests
from tests.factories.marketplace import ImageFactory, ManifestFactory, digest_of

pytestmark = pytest.mark.django_db


class TestTasks:
    def test_a_registry_that_is_away_stops_no_worker(self, monkeypatch, caplog):
        monkeypatch.setattr("registry_auth.upkeep.tasks.describe_waiting_manifests", mock.Mock(side_effect=RegistryAway("away")))
        monkeypatch.setattr("registry_auth.upkeep.tasks.reconcile", mock.Mock(side_effect=RegistryAway("away")))

        describe_manifests()
        reconcile_registry()

        assert "manifests not described yet" in caplog.text
        assert "the next run starts again" in caplog.text

    def test_draining_waits_for_no_description(self, monkeypatch):
        asked = mock.Mock()
        monkeypatch.setattr("registry_auth.inbox.tasks.queue_after_commit", asked)
        push = RegistryEvent("one", EventAction.PUSH, timezone.now(), ImageFactory().repository, digest_of("a"), "1.0", MANIFEST, 1)
        store_events(events=[push])

        drain_registry_events()

        assert Manifest.objects.get().described_at is None
        assert asked.call_args_list == [mock.call(describe_manifests)]

    @pytest.mark.parametrize("waiting", [True, False])
    def test_envelopes_that_a_run_leaves_queue_the_next_one(self, monkeypatch, waiting):
        asked = mock.Mock()
        monkeypatch.setattr("common.jobs.queue_after_commit", asked)
        monkeypatch.setattr("registry_auth.inbox.tasks.drain_envelopes", mock.Mock(return_value=0))
        if waiting:
            push = RegistryEvent("one", EventAction.PUSH, timezone.now(), ImageFactory().repository, digest_of("a"), "1.0", MANIFEST, 1)
            store_events(events=[push])

        drain_registry_events()

        assert asked.call_args_list == [mock.call(drain_registry_events)] * waiting

    @pytest.mark.parametrize("due", [True, False])
    def test_what_a_run_leaves_queues_the_next_one(self, monkeypatch, due):
        asked = mock.Mock()
        monkeypatch.setattr("common.jobs.queue_after_commit", asked)
        monkeypatch.setattr("registry_auth.upkeep.tasks.describe_waiting_manifests", mock.Mock())
        ManifestFactory(described_at=None, due_at=timezone.now() + timedelta(minutes=0 if due else 5))

        describe_manifests()

        assert asked.call_args_list == [mock.call(describe_manifests)] * due


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("task", "job"),
    [
        (drain_registry_events, "registry_auth.inbox.tasks.drain_envelopes"),
        (prune_registry_events, "registry_auth.inbox.tasks.prune_events"),
        (describe_manifests, "registry_auth.upkeep.tasks.describe_waiting_manifests"),
        (remove_taken_down_manifests, "registry_auth.upkeep.take_downs.remove_taken_down_manifests"),
        (clear_sessions, "common.tasks.delete_in_batches"),
    ],
    ids=lambda given: given.name if hasattr(given, "name") else "",
)
def test_a_job_whose_lease_is_held_does_nothing(task, job):
    with mock.patch(job, return_value=0) as work:
        with lease(task.name, lasting=timedelta(minutes=1)):
            task()
        assert work.call_count == 0
        task()
        assert work.call_count == 1
