"""The periodic jobs: with a registry that is away, and one at a time."""

from datetime import timedelta
from unittest import mock

import pytest

from common.leases import lease
from common.tasks import clear_sessions
from registry_auth import tasks
from registry_auth.errors import RegistryAway

pytestmark = pytest.mark.django_db


class TestTasks:
    def test_a_registry_that_is_away_stops_neither_draining_nor_the_worker(self, monkeypatch, caplog):
        monkeypatch.setattr(tasks, "describe_waiting_manifests", mock.Mock(side_effect=RegistryAway("away")))
        monkeypatch.setattr(tasks, "reconcile", mock.Mock(side_effect=RegistryAway("away")))

        tasks.drain_registry_events()
        tasks.describe_manifests()
        tasks.reconcile_registry()

        assert "manifests wait for their description" in caplog.text
        assert "the next run begins anew" in caplog.text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("task", "job"),
    [
        (tasks.prune_registry_events, "registry_auth.tasks.prune_events"),
        (tasks.remove_taken_down, "registry_auth.tasks.remove_taken_down_manifests"),
        (clear_sessions, "common.tasks.call_command"),
    ],
    ids=lambda given: given.name if hasattr(given, "name") else "",
)
def test_a_job_whose_lease_is_held_does_nothing(task, job):
    with mock.patch(job) as work:
        with lease(task.name, lasting=timedelta(minutes=1)):
            task()
        assert work.call_count == 0
        task()
        assert work.call_count == 1
