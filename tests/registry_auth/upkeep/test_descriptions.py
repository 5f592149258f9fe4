"""Manifests that only an event told of are described."""

import json
from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone

from common.db.errors import LockTimeout
from marketplace.images.models import Manifest
from marketplace.images.oci import INDEX, MANIFEST
from marketplace.images.selectors.storage import storage_of
from marketplace.images.selectors.tags import visible_tags
from marketplace.images.services.manifests import ChildDescription, record_children
from registry_auth.upkeep import descriptions
from registry_auth.upkeep.descriptions import describe_waiting_manifests
from tests.factories.marketplace import ImageFactory, ManifestFactory, TagFactory
from tests.registry_auth.upkeep.conftest import MINE
from tests.support.registry import OciImage, digest_of

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
        manifest = _index(image, table.hold_index(image.repository, child, gone))

        assert describe_waiting_manifests(registry=registry) == 4  # the index once more when it knows of its children

        manifest.refresh_from_db()
        assert (manifest.kind, manifest.size, manifest.children) == ("index", child.size, [child.digest, gone.digest])
        assert image.manifests.get(digest=child.digest).platforms == ["linux/amd64"]
        assert not image.manifests.filter(digest=gone.digest).exists()

    def test_what_is_inside_is_recorded_with_the_description(self, registry, table):
        image = ImageFactory()
        table.hold(image.repository, "mine")
        manifest = ManifestFactory(image=image, digest=MINE.digest, described_at=None)

        describe_waiting_manifests(registry=registry)

        assert manifest.contents.facts["command"] == ["/true"]
        assert (manifest.contents.image, manifest.contents.hidden) == (image, [])

    def test_what_lies_beside_an_image_is_told_by_its_manifest(self, registry, table):
        image = ImageFactory()
        subject = digest_of(b"subject")
        artefact = {"schemaVersion": 2, "artifactType": "application/spdx+json", "subject": {"digest": subject}}
        manifest = _held_manifest(table, image, artefact, MANIFEST)
        attestation = {"digest": subject, "annotations": {"vnd.docker.reference.type": "x", "vnd.docker.reference.digest": subject}}
        index = _held_manifest(table, image, {"schemaVersion": 2, "manifests": [attestation]}, INDEX)

        describe_waiting_manifests(registry=registry)

        assert (manifest.contents.subject, manifest.contents.evidence, manifest.contents.facts) == (subject, [["sbom", "SPDX"]], None)
        assert index.contents.attestations == [[subject, subject]]

    def test_children_are_described_once_however_many_indexes_name_them(self, registry, table):
        children = [OciImage([f"child {number}"]) for number in range(5)]
        image = ImageFactory()
        for child in children:
            table.hold(image.repository, child.digest, child)
        for start in range(4):
            _index(image, table.hold_index(image.repository, *children[start:], *children[:start]))

        describe_waiting_manifests(registry=registry)

        assert image.manifests.filter(described_at__isnull=False).count() == 9
        assert [table.requests.count(f"GET {image.repository}/manifests/{child.digest}") for child in children] == [1] * 5
        sizes = [request for request in table.requests if request.startswith("HEAD")]
        assert len(sizes) == len(set(sizes)) == 5 * 2  # of each layer and each configuration, once
        assert len(table.requests) - len(sizes) <= 5 * 2 + 4 * 2

    def test_a_sellers_thousand_manifests_do_not_stand_before_another_sellers_one(self, registry, table, monkeypatch):
        crowd = ImageFactory()
        ManifestFactory.create_batch(50, image=crowd, described_at=None)
        single = ManifestFactory(described_at=None)

        describe_waiting_manifests(registry=registry)

        place = [place for place, request in enumerate(table.requests) if single.digest in request]
        assert place[0] < 2

    def test_a_seller_has_a_share_of_each_run(self, registry, table, monkeypatch):
        manifests = ManifestFactory.create_batch(3, image=ImageFactory(), described_at=None)
        other = ManifestFactory(described_at=None)
        monkeypatch.setattr(descriptions, "SHARE", timedelta(0))

        assert describe_waiting_manifests(registry=registry) == 2  # one of each

        left = Manifest.objects.get(described_at=None, pk=manifests[-1].pk)
        assert (left.attempts, left.due_at <= timezone.now()) == (0, True)
        assert not Manifest.objects.filter(pk=other.pk).exists()

    def test_a_run_has_an_end_and_gives_back_what_it_did_not_come_to(self, registry, table, monkeypatch):
        ManifestFactory.create_batch(3, described_at=None)
        monkeypatch.setattr(descriptions, "LONGEST_RUN", timedelta(seconds=-1))

        assert describe_waiting_manifests(registry=registry) == 0

        assert set(Manifest.objects.values_list("attempts", flat=True)) == {0}
        monkeypatch.undo()
        assert describe_waiting_manifests(registry=registry) == 3

    def test_a_manifest_that_somebody_holds_is_left_for_later_and_no_fault_of_it(self, registry, table, monkeypatch):
        manifest = _held(table)
        monkeypatch.setattr(descriptions, "describe_manifest", mock.Mock(side_effect=LockTimeout))

        describe_waiting_manifests(registry=registry)

        manifest.refresh_from_db()
        assert (manifest.attempts, manifest.last_error, manifest.due_at > timezone.now()) == (0, "", True)

    def test_an_index_whose_children_cannot_be_read_is_no_version_until_one_can(self, registry, table):
        image = ImageFactory()
        table.hold(image.repository, "child")
        index = _index(image, table.hold_index(image.repository, MINE))
        TagFactory(image=image, manifest=index, name="2.0")
        table.failing[f"{image.repository}:{MINE.digest}"] = 500

        describe_waiting_manifests(registry=registry)

        index.refresh_from_db()
        assert (index.described_at, index.last_error) == (None, "ChildrenUnreadable: None of the manifests that it names can be read.")
        assert not visible_tags().exists()
        table.failing.clear()
        due_now(image)
        describe_waiting_manifests(registry=registry)
        assert visible_tags().get().manifest.platforms == ["linux/amd64"]

    def test_an_index_does_without_a_child_that_cannot_be_read_until_it_can(self, registry, table):
        image, late = ImageFactory(), OciImage(["late"], architecture="arm64")
        for child in (MINE, late):
            table.hold(image.repository, child.digest, child)
        index = _index(image, table.hold_index(image.repository, MINE, late))
        table.failing[f"{image.repository}:{late.digest}"] = 500

        describe_waiting_manifests(registry=registry)

        index.refresh_from_db()
        assert (index.kind, index.platforms) == ("index", ["linux/amd64"])
        table.failing.clear()
        due_now(image)
        describe_waiting_manifests(registry=registry)
        index.refresh_from_db()
        assert index.platforms == ["linux/amd64", "linux/arm64"]

    def test_an_index_that_goes_while_we_look_leaves_no_children(self, registry, table):
        image = ImageFactory()
        index = _index(image, table.hold_index(image.repository, MINE))
        children = [ChildDescription(MINE.digest, MANIFEST, 1)]
        index.delete()

        record_children(index=index, children=children)

        assert not Manifest.objects.exists()


def _index(image, digest):
    return ManifestFactory(image=image, digest=digest, media_type=INDEX, kind=Manifest.Kind.INDEX, described_at=None)


def _held(table) -> Manifest:
    manifest = ManifestFactory(digest=MINE.digest, described_at=None)
    table.hold(manifest.image.repository, "1.0")
    return manifest


def due_now(image) -> None:
    Manifest.objects.filter(image=image).update(due_at=timezone.now())


class TestSizes:
    @pytest.fixture
    def image(self):
        return ImageFactory()

    def test_what_a_manifest_needs_is_counted_as_the_registry_has_it_and_not_as_it_says(self, registry, table, image):
        honest, lying = OciImage(["shared", "one"]), OciImage(["shared", "two"])
        document = json.loads(lying.manifest)
        for part in (document["config"], *document["layers"]):
            part["size"] = 0
        lying.manifest = json.dumps(document).encode()
        for pushed in (honest, lying):
            table.hold(image.repository, pushed.digest, pushed)
            ManifestFactory(image=image, digest=pushed.digest, described_at=None)

        describe_waiting_manifests(registry=registry)

        contents = {**honest.blobs, **lying.blobs, honest.digest: honest.manifest, lying.digest: lying.manifest}
        assert storage_of(image.owner_id).used == sum(map(len, contents.values()))
        asked = [request for request in table.requests if request.startswith("HEAD")]
        assert len(asked) == len(set(asked)) == len(honest.blobs) + len(lying.blobs) - 1  # what is known is not asked for again

    def test_an_index_of_indexes_counts_each_of_them_and_their_images_once(self, registry, table, image):
        children = [OciImage(["amd64"]), OciImage(["arm64"], architecture="arm64")]
        inner = table.hold_index(image.repository, *children)
        outer = json.dumps({"mediaType": INDEX, "manifests": [{"mediaType": INDEX, "digest": inner, "size": 5}] * 2}).encode()
        table.blobs[digest_of(outer)] = outer
        table.types[digest_of(outer)] = INDEX
        for child in children:
            table.hold(image.repository, child.digest, child)
        _index(image, digest_of(outer))

        describe_waiting_manifests(registry=registry)
        Manifest.objects.update(due_at=timezone.now())  # it waits for the one below it
        describe_waiting_manifests(registry=registry)

        contents = {name: content for child in children for name, content in {**child.blobs, child.digest: child.manifest}.items()}
        assert storage_of(image.owner_id).used == sum(map(len, contents.values())) + len(table.blobs[inner]) + len(outer)

    def test_of_very_many_blobs_in_one_manifest_so_many_are_asked_for_and_the_rest_believed(self, registry, table, image, monkeypatch):
        monkeypatch.setattr(descriptions, "MOST_SIZES", 2)
        many = OciImage([f"layer {number}" for number in range(5)])
        table.hold(image.repository, many.digest, many)
        ManifestFactory(image=image, digest=many.digest, described_at=None)

        describe_waiting_manifests(registry=registry)

        assert len([request for request in table.requests if request.startswith("HEAD")]) == 2
        assert storage_of(image.owner_id).used == many.size + len(many.manifest)

    @pytest.fixture
    def many(self, table, image):
        """A manifest of six blobs."""
        pushed = OciImage([f"layer {number}" for number in range(5)])
        table.hold(image.repository, pushed.digest, pushed)
        ManifestFactory(image=image, digest=pushed.digest, described_at=None)
        return pushed

    def test_a_description_longer_than_its_sellers_share_counts_as_an_attempt_and_goes_on_in_the_next(
        self, registry, table, image, many, monkeypatch
    ):
        monkeypatch.setattr(descriptions, "SHARE", timedelta(0))  # time for one request
        attempts = []
        for _ in many.blobs:
            describe_waiting_manifests(registry=registry)
            manifest = Manifest.objects.get(image=image)
            attempts.append((manifest.attempts, manifest.last_error, manifest.described_at is not None))
            due_now(image)

        asked = [request for request in table.requests if request.startswith("HEAD")]
        assert len(asked) == len(set(asked)) == 6
        why = f"RegistryFailed: The registry needs too long to tell the sizes of {{}} blobs in {image.repository}."
        assert attempts[:-1] == [(number, why.format(7 - number), False) for number in range(1, 6)]
        assert attempts[-1][2] is True
        assert storage_of(image.owner_id).used == many.size + len(many.manifest)

    def test_sizes_that_were_told_before_the_registry_failed_are_not_asked_for_again(self, registry, table, image, many):
        failing = many.layers[0]["digest"]
        table.failing = {f"{image.repository}:{failing}": 500}
        for _ in range(2):
            describe_waiting_manifests(registry=registry)
            due_now(image)
        table.failing = {}
        describe_waiting_manifests(registry=registry)

        assert Manifest.objects.get(image=image).described_at is not None
        asked = [request.rpartition("/")[2] for request in table.requests if request.startswith("HEAD")]
        assert {digest: asked.count(digest) for digest in many.blobs} == dict.fromkeys(many.blobs, 1) | {failing: 3}

    @pytest.mark.usefixtures("no_redis")
    def test_without_redis_the_sizes_are_asked_for_from_the_first_one_again(self, registry, table, image, many, monkeypatch):
        with monkeypatch.context() as hurried:
            hurried.setattr(descriptions, "SHARE", timedelta(0))
            describe_waiting_manifests(registry=registry)
        due_now(image)
        describe_waiting_manifests(registry=registry)

        assert Manifest.objects.get(image=image).described_at is not None
        assert len([request for request in table.requests if request.startswith("HEAD")]) == 1 + 6

    def test_a_layer_that_the_registry_does_not_have_takes_no_room(self, registry, table, image):
        holed = OciImage(["gone"])
        table.hold(image.repository, holed.digest, holed)
        del table.blobs[holed.layers[0]["digest"]]
        ManifestFactory(image=image, digest=holed.digest, described_at=None)

        describe_waiting_manifests(registry=registry)

        assert storage_of(image.owner_id).used == len(holed.blobs[holed.config["digest"]]) + len(holed.manifest)


def _held_manifest(table, image, document, media_type):
    content = json.dumps(document).encode()
    table.tags.setdefault(image.repository, {})
    table.blobs[digest_of(content)], table.types[digest_of(content)] = content, media_type
    return ManifestFactory(image=image, digest=digest_of(content), kind="artifact", media_type=media_type, described_at=None)
