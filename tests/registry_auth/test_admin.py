"""The inbox in the admin: to be read, searched, and applied again with a reason."""

import html
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEvent
from audit.services import record_audit
from registry_auth.inbox.models import RegistryEnvelope, SeenRegistryEvent
from registry_auth.upkeep.models import Reconciliation, RepositoryTrouble
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import ImageFactory, ManifestFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(UserFactory(staff=True))
    return client


@pytest.fixture
def envelope() -> RegistryEnvelope:
    return RegistryEnvelope.objects.create(body=[], attempts=10, last_error="LockTimeout", given_up_at=timezone.now())


@pytest.mark.parametrize("query", ["", "?q=LockTimeout", "?given_up_at__isempty=0"])
def test_envelopes_are_listed_and_searched(staff, envelope, query):
    page = staff.get(reverse("admin:registry_auth_registryenvelope_changelist") + query)

    assert page.status_code == 200
    assert "LockTimeout" in page.content.decode()


def test_an_envelope_and_a_seen_event_have_a_page(staff, envelope):
    SeenRegistryEvent.objects.create(pk="an-id")

    assert staff.get(reverse("admin:registry_auth_registryenvelope_change", args=[envelope.pk])).status_code == 200
    assert staff.get(reverse("admin:registry_auth_seenregistryevent_change", args=["an-id"])).status_code == 200


class TestReconciliations:
    LIST = "admin:registry_auth_reconciliation_changelist"

    @pytest.fixture
    def runs(self) -> list[Reconciliation]:
        now = timezone.now()
        made = [
            Reconciliation.objects.create(
                started_at=now - timedelta(minutes=20), ended_at=now - timedelta(minutes=19), written=3, removed=1
            ),
            Reconciliation.objects.create(started_at=now - timedelta(minutes=10), ended_at=now - timedelta(minutes=9)),
            Reconciliation.objects.create(started_at=now, removed=2, problem="The registry answered 503."),
        ]
        image = ImageFactory()
        for at, tag in ((now - timedelta(minutes=19, seconds=30), "mended"), (now - timedelta(hours=3), "long-ago")):
            AuditEvent.objects.filter(pk=record_audit(actor=None, action="image.reconciled", target=image, written=[tag]).pk).update(at=at)
        return made

    def test_the_first_page_of_the_admin_leads_to_them(self, staff):
        assert reverse(self.LIST) in staff.get(reverse("admin:index")).content.decode()

    @pytest.mark.parametrize(
        ("query", "listed"),
        [("", [2, 1, 0]), ("?repaired=yes", [2, 0]), ("?repaired=no", [1]), ("?problem__isempty=0", [2]), ("?q=503", [2])],
    )
    def test_runs_are_listed_by_what_they_repaired(self, staff, runs, query, listed):
        page = staff.get(reverse(self.LIST) + query)

        assert list(page.context["cl"].queryset) == [runs[number] for number in listed]

    def test_a_run_leads_to_the_tags_that_it_repaired_and_to_no_others(self, staff, runs):
        page = staff.get(reverse("admin:registry_auth_reconciliation_change", args=[runs[0].pk])).content.decode()
        (link,) = re.findall(r'href="([^"]+image.reconciled[^"]+)"', page)

        trail = list(staff.get(html.unescape(link)).context["cl"].queryset)

        assert [event.details["written"] for event in trail] == [["mended"]]

    def test_a_run_that_repaired_nothing_leads_nowhere(self, staff, runs):
        page = staff.get(reverse("admin:registry_auth_reconciliation_change", args=[runs[1].pk])).content.decode()

        assert "image.reconciled" not in page


def test_an_envelope_is_applied_again_for_a_reason(staff, envelope):
    fields = {"action": "retry", "_selected_action": [envelope.pk], "act_confirmed": "yes", "reason": "The lock is gone."}

    staff.post(reverse("admin:registry_auth_registryenvelope_changelist"), fields)

    envelope.refresh_from_db()
    assert (envelope.attempts, envelope.last_error, envelope.given_up_at) == (0, "", None)
    assert AuditEvent.objects.get(action="registry_envelope.retried").reason == "The lock is gone."


def test_images_in_trouble_are_listed_and_tried_again(staff):
    trouble = RepositoryTrouble.objects.create(
        image=ImageFactory(), job="reconcile", attempts=12, given_up_at=timezone.now(), last_error="The registry answered 500."
    )

    listed = staff.get(reverse("admin:registry_auth_repositorytrouble_changelist"), {"q": "answered 500"}).content.decode()
    assert str(trouble.image) in listed
    assert staff.get(reverse("admin:registry_auth_repositorytrouble_change", args=[trouble.pk])).status_code == 200
    assert str(trouble) == f"{trouble.image}: compare with the registry"
    act = {"action": "retry", "_selected_action": [trouble.pk], "act_confirmed": "1", "reason": "the disk is whole again"}
    staff.post(reverse("admin:registry_auth_repositorytrouble_changelist"), act)

    trouble.refresh_from_db()
    assert (trouble.attempts, trouble.given_up_at, trouble.last_error) == (0, None, "")
    assert AuditEvent.objects.get(action="repository_trouble.retried").details == {"job": "reconcile"}


def test_a_manifest_that_was_given_up_is_described_again(staff):
    manifest = ManifestFactory(described_at=None, attempts=12, given_up_at=timezone.now(), last_error="The registry answered 500.")

    listed = staff.get(reverse("admin:marketplace_manifest_changelist"), {"given_up_at__isempty": "0"}).content.decode()
    assert "The registry answered 500." in listed
    assert staff.get(reverse("admin:marketplace_manifest_change", args=[manifest.pk])).status_code == 200
    act = {"action": "describe_again", "_selected_action": [manifest.pk], "act_confirmed": "1", "reason": "pushed anew"}
    staff.post(reverse("admin:marketplace_manifest_changelist"), act)

    manifest.refresh_from_db()
    assert (manifest.attempts, manifest.given_up_at, manifest.last_error) == (0, None, "")
