"""What was taken down is removed from the registry."""

from unittest import mock

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from marketplace.images.models import Image
from marketplace.images.services.take_downs import erase_image, restore_image
from registry_auth.client.errors import RegistryAway
from registry_auth.client.registry import RegistryClient
from registry_auth.upkeep import tasks
from registry_auth.upkeep.take_downs import remove_taken_down_manifests
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import ManifestFactory, PushedImageFactory

pytestmark = pytest.mark.django_db


class TestTakeDowns:
    def test_all_manifests_go_known_or_not(self, registry, table):
        image = PushedImageFactory(taken_down_at=timezone.now(), take_down_reason="malware")
        other = PushedImageFactory()
        table.hold(image.repository, "untold")

        assert remove_taken_down_manifests(registry=registry) == 2

        assert table.tags[image.repository] == {}
        assert (image.manifests.count(), other.manifests.count()) == (0, 1)
        event = AuditEvent.objects.get(action="image.manifests_removed")
        assert (event.target_id, event.reason, event.details) == (str(image.pk), "malware", {"manifests": 2})
        assert remove_taken_down_manifests(registry=registry) == 0

    def test_one_image_that_is_refused_stops_no_other(self, registry, table):
        refused, other = PushedImageFactory.create_batch(2, taken_down_at=timezone.now(), take_down_reason="malware")
        table.failing[refused.repository] = 405

        assert remove_taken_down_manifests(registry=registry) == 1

        assert (refused.manifests.count(), other.manifests.count()) == (1, 0)

    def test_what_is_restored_meanwhile_keeps_its_content(self, registry, monkeypatch):
        first, second = PushedImageFactory.create_batch(2, taken_down_at=timezone.now(), take_down_reason="malware")
        delete = registry.delete_manifest

        def restore_meanwhile(repository, digest):
            delete(repository, digest)
            Image.objects.exclude(repository=repository).update(taken_down_at=None, take_down_reason="")

        monkeypatch.setattr(registry, "delete_manifest", restore_meanwhile)

        assert remove_taken_down_manifests(registry=registry) == 1

        assert first.manifests.count() + second.manifests.count() == 1

    def test_what_is_restored_while_it_is_emptied_keeps_the_rest(self, registry, table, monkeypatch):
        image = PushedImageFactory(taken_down_at=timezone.now(), take_down_reason="malware", first_sold_at=timezone.now())
        ManifestFactory(image=image)
        table.hold(image.repository, "untold")
        erase_image(image=image, reason="A court wants it.", actor=(staff := UserFactory(staff=True)))
        deleted: list[str] = []
        delete = registry.delete_manifest

        def restore_meanwhile(repository, digest):
            delete(repository, digest)
            if not deleted:
                restore_image(image=image, reason="It was the wrong one.", actor=staff)
            deleted.append(digest)

        monkeypatch.setattr(registry, "delete_manifest", restore_meanwhile)

        assert remove_taken_down_manifests(registry=registry) == 1

        assert (len(deleted), image.manifests.count()) == (1, 1)
        assert set(table.tags[image.repository]) == {"untold"}
        assert AuditEvent.objects.get(action="image.manifests_removed").details == {"manifests": 1}

    def test_what_was_sold_stays_until_staff_have_it_erased(self, registry, table):
        down = {"taken_down_at": timezone.now(), "take_down_reason": "malware"}
        image = PushedImageFactory(**down, first_sold_at=timezone.now())
        table.hold(image.repository, "untold")

        assert remove_taken_down_manifests(registry=registry) == 0

        assert set(table.tags[image.repository]) == {"untold"}
        assert image.manifests.count() == 1

        erase_image(image=image, reason="A court wants it.", actor=UserFactory(staff=True))
        assert remove_taken_down_manifests(registry=registry) == 2

        assert table.tags[image.repository] == {}
        assert not image.manifests.exists()

    def test_it_waits_for_a_registry_that_is_away(self, table, monkeypatch):
        image = PushedImageFactory(taken_down_at=timezone.now(), take_down_reason="malware")
        monkeypatch.setattr(RegistryClient, "tags", mock.Mock(side_effect=RegistryAway("away")))

        tasks.remove_taken_down_manifests()

        assert image.manifests.count() == 1
