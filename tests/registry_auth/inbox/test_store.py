"""The inbox is pruned when the time of its rows is over."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from registry_auth.inbox.drain import drain_envelopes
from registry_auth.inbox.models import RegistryEnvelope, SeenRegistryEvent
from registry_auth.inbox.store import prune_events
from registry_auth.inbox.tasks import prune_registry_events
from registry_auth.upkeep.models import Reconciliation
from tests.registry_auth.inbox.conftest import registry_event

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("days", [7, 30])
def test_what_is_over_is_pruned_after_the_set_time_and_the_rest_stays(tell, image, settings, days):
    settings.LAYERSTORE_EVENTS_KEPT = timedelta(days=days)
    now = timezone.now()
    with time_machine.travel(now - timedelta(days=days + 1)):
        for repaired in (0, 1):
            Reconciliation.objects.create(written=repaired)
        tell(registry_event("pull", image.repository, event_id="old"))
        drain_envelopes()
        tell(registry_event("pull", image.repository, event_id="waiting"))
        tell(registry_event("pull", image.repository, event_id="given up"))
        RegistryEnvelope.objects.filter(body__0__id="given up").update(given_up_at=timezone.now())
    SeenRegistryEvent.objects.update(seen_at=now - timedelta(days=days + 1))  # PostgreSQL's own clock wrote it
    tell(registry_event("pull", image.repository, event_id="new"))
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
