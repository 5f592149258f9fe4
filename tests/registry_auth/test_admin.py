"""The inbox in the admin: to be read, searched, and applied again with a reason."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from registry_auth.models import RegistryEnvelope, SeenRegistryEvent
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(UserFactory(staff=True))
    return client


@pytest.fixture
def envelope() -> RegistryEnvelope:
    return RegistryEnvelope.objects.create(body=[], attempts=10, last_error="LockTimeout", drained_at=timezone.now())


@pytest.mark.parametrize("query", ["", "?q=LockTimeout", "?drained_at__isempty=0"])
def test_envelopes_are_listed_and_searched(staff, envelope, query):
    page = staff.get(reverse("admin:registry_auth_registryenvelope_changelist") + query)

    assert page.status_code == 200
    assert "LockTimeout" in page.content.decode()


def test_an_envelope_and_a_seen_event_have_a_page(staff, envelope):
    SeenRegistryEvent.objects.create(pk="an-id")

    assert staff.get(reverse("admin:registry_auth_registryenvelope_change", args=[envelope.pk])).status_code == 200
    assert staff.get(reverse("admin:registry_auth_seenregistryevent_change", args=["an-id"])).status_code == 200


def test_an_envelope_is_applied_again_for_a_reason(staff, envelope):
    fields = {"action": "retry", "_selected_action": [envelope.pk], "act_confirmed": "yes", "reason": "The lock is gone."}

    staff.post(reverse("admin:registry_auth_registryenvelope_changelist"), fields)

    envelope.refresh_from_db()
    assert (envelope.attempts, envelope.last_error, envelope.drained_at) == (0, "", None)
    assert AuditEvent.objects.get(action="registry_envelope.retried").reason == "The lock is gone."
