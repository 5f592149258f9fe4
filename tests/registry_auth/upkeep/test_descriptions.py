"""Manifests that only an event told of are described."""

import pytest

from marketplace.models import Manifest
from registry_auth.errors import RegistryAway
from registry_auth.services.descriptions import describe_waiting_manifests
from tests.factories.marketplace import ImageFactory, ManifestFactory
from tests.registry_auth.upkeep.conftest import MINE
from tests.support.registry import INDEX, OciImage, digest_of, index_of

pytestmark = pytest.mark.django_db


class TestDescriptions:
    def test_a_manifest_that_is_gone_is_forgotten(self, registry):
        manifest = ManifestFactory(described_at=None)

        assert describe_waiting_manifests(registry=registry) == 1
        assert not Manifest.objects.filter(pk=manifest.pk).exists()

    def test_a_manifest_that_is_refused_is_not_asked_for_again(self, registry, table):
        manifest = ManifestFactory(described_at=None)
        table.failing[manifest.image.repository] = 403

        describe_waiting_manifests(registry=registry)

        manifest.refresh_from_db()
        assert (manifest.kind, manifest.described_at is not None) == ("artifact", True)
        assert describe_waiting_manifests(registry=registry) == 0

    def test_a_child_that_is_gone_leaves_the_index_its_other_children(self, registry, table):
        child, gone = MINE, OciImage(["gone"])
        image = ImageFactory()
        table.hold(image.repository, "child")
        index = index_of([child, gone])
        table.blobs[digest_of(index)] = index
        table.types[digest_of(index)] = INDEX
        manifest = ManifestFactory(image=image, digest=digest_of(index), kind=Manifest.Kind.INDEX, described_at=None)

        assert describe_waiting_manifests(registry=registry) == 2

        manifest.refresh_from_db()
        assert (manifest.kind, manifest.size, manifest.children) == ("index", child.size, [child.digest, gone.digest])
        assert image.manifests.get(digest=child.digest).platforms == ["linux/amd64"]

    def test_a_registry_in_trouble_leaves_it_waiting(self, registry, table):
        manifest = ManifestFactory(described_at=None)
        table.failing[manifest.image.repository] = 500

        with pytest.raises(RegistryAway):
            describe_waiting_manifests(registry=registry)

        manifest.refresh_from_db()
        assert manifest.described_at is None
