import hashlib
import json
import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from marketplace.images.models import Image, Layer, LayerList, Manifest, Tag
from marketplace.images.oci import DOCKER_INDEX, DOCKER_MANIFEST, INDEX, LAYER, MANIFEST
from marketplace.images.services.manifests import (
    LayerDescription,
    ManifestDescription,
    describe_manifest,
    record_push,
    remove_manifest,
    remove_tag,
)
from tests.factories.marketplace import ImageFactory, ManifestFactory, PushedImageFactory, TagFactory, digest_of, expired_days_ago

pytestmark = pytest.mark.django_db

NOW = timezone.now()
LATER = NOW + timedelta(minutes=5)


def push(image, content="a", *, tag: str | None = "1.0", at=NOW, media_type=MANIFEST, size=500):
    return record_push(repository=image.repository, digest=digest_of(content), media_type=media_type, size=size, tag=tag, at=at)


def test_the_first_push_keeps_the_name_and_shows_a_tag():
    image = ImageFactory()

    manifest = push(image)

    image.refresh_from_db()
    assert image.first_pushed_at == NOW
    assert Tag.objects.values_list("name", "manifest", "pushed_at").get() == ("1.0", manifest.pk, NOW)
    assert (manifest.kind, manifest.size, manifest.digest) == (Manifest.Kind.IMAGE, 500, digest_of("a"))


def test_news_told_twice_change_nothing():
    image = ImageFactory()
    push(image)
    rows = [list(model.objects.values().order_by("pk")) for model in (Image, Manifest, Tag)]

    push(image)

    assert [list(model.objects.values().order_by("pk")) for model in (Image, Manifest, Tag)] == rows


def test_a_tag_moves_with_newer_news_and_never_back():
    image = ImageFactory()
    push(image, "new", at=LATER)

    push(image, "old", at=NOW)
    assert Tag.objects.get().manifest.digest == digest_of("new")

    push(image, "newest", at=LATER + timedelta(seconds=1))
    assert Tag.objects.get().manifest.digest == digest_of("newest")
    image.refresh_from_db()
    assert image.first_pushed_at == LATER


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        (MANIFEST, Manifest.Kind.IMAGE),
        (DOCKER_MANIFEST, Manifest.Kind.IMAGE),
        (INDEX, Manifest.Kind.INDEX),
        (DOCKER_INDEX, Manifest.Kind.INDEX),
        ("application/vnd.cncf.helm.config.v1+json", Manifest.Kind.ARTIFACT),
    ],
)
def test_the_media_type_says_what_was_pushed(media_type, kind):
    assert push(ImageFactory(), media_type=media_type).kind == kind


def test_a_push_by_digest_makes_no_tag():
    assert push(ImageFactory(), tag=None) is not None
    assert not Tag.objects.exists()


def test_a_push_to_nobodys_name_is_logged_and_dropped(caplog):
    freed = ImageFactory(**expired_days_ago(1), freed_at=NOW)

    with caplog.at_level(logging.WARNING):
        assert push(freed) is None

    assert caplog.records[0].repository == freed.repository
    assert not Manifest.objects.exists()
    assert Image.objects.get().first_pushed_at is None


def test_a_description_completes_a_manifest_and_replaces_an_older_one():
    manifest = push(ImageFactory())
    layers = (LayerDescription(digest_of("base"), 100, "FROM scratch"), LayerDescription(digest_of("own"), 50))

    describe_manifest(
        manifest=manifest,
        description=ManifestDescription(
            kind=Manifest.Kind.IMAGE, size=150, platforms=("linux/arm64", "linux/amd64"), image_created_at=NOW, layers=layers
        ),
    )
    manifest.refresh_from_db()
    assert (manifest.size, manifest.platforms, manifest.image_created_at) == (150, ["linux/amd64", "linux/arm64"], NOW)
    assert manifest.described_at is not None
    assert manifest.layer_list.layers == [Layer(digest_of("base"), 100, "FROM scratch"), Layer(digest_of("own"), 50)]

    describe_manifest(manifest=manifest, description=ManifestDescription(kind=Manifest.Kind.IMAGE, size=100, layers=layers[:1]))
    manifest.layer_list.refresh_from_db()
    assert [one.digest for one in manifest.layer_list.layers] == [digest_of("base")]


def test_what_a_stranger_wrote_into_a_manifest_fits_the_table():
    manifest = push(ImageFactory(), size=-1)
    wild = ManifestDescription(
        kind=Manifest.Kind.INDEX,
        size=2**80,
        platforms=("p" * 500, "a\x00b\ud800"),
        children=("c" * 500,),
        layers=tuple(LayerDescription("d" * 500, -5, "\x00\udfff" + "x" * 900) for _ in range(1_100)),
    )

    describe_manifest(manifest=manifest, description=wild)

    manifest.refresh_from_db()
    assert manifest.size == 2**63 - 1
    assert manifest.platforms == ["ab?", "p" * 80]
    assert manifest.children == ["c" * 140]
    assert {(one.digest, one.size, one.command) for one in manifest.layer_list.layers} == {("d" * 140, 0, "?" + "x" * 119)}


def test_however_many_layers_there_are_few_rows_hold_them_all():
    manifest = push(ImageFactory())
    layers = tuple(LayerDescription(digest_of(str(n)), n, "RUN " + "x" * 900) for n in range(1_000))

    describe_manifest(manifest=manifest, description=ManifestDescription(Manifest.Kind.IMAGE, size=1, layers=layers))

    found = manifest.layer_list.layers
    assert len(found) == 128
    assert found[0] == Layer(digest_of("0"), 0, "RUN " + "x" * 116)
    assert sum(one.merged for one in found) == 1_000
    assert sum(one.size for one in found) == sum(range(1_000))


def test_layers_take_less_room_than_the_registry_takes_for_them():
    manifest = push(ImageFactory())
    commands = [hashlib.sha256(str(n).encode()).hexdigest() * 2 for n in range(1_000)]  # nothing that compresses
    layers = tuple(LayerDescription(digest_of(str(n)), 10**9 + n, command) for n, command in enumerate(commands))
    entries = [{"mediaType": LAYER, "digest": one.digest, "size": one.size} for one in layers]  # OCI image-spec, "Image Manifest"

    describe_manifest(manifest=manifest, description=ManifestDescription(Manifest.Kind.IMAGE, size=1, layers=layers))

    assert 1_000 < _bytes_stored() < len(json.dumps(entries)) / 4


def _bytes_stored():
    # Of the row as it lies on disk: how much a table grows by says more of the tests before.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_column_size(rows) FROM marketplace_layerlist")
        return cursor.fetchone()[0]


def test_a_manifest_that_is_gone_stays_gone():
    manifest = push(ImageFactory(), tag=None)
    remove_manifest(repository=manifest.image.repository, digest=manifest.digest)

    describe_manifest(manifest=manifest, description=ManifestDescription(Manifest.Kind.IMAGE, 1, layers=(LayerDescription("d", 1),)))

    assert not Manifest.objects.exists()
    assert not LayerList.objects.exists()


def test_a_removed_tag_leaves_its_manifest_and_other_tags():
    tag = TagFactory()
    other = TagFactory(image=tag.image, manifest=tag.manifest, name="latest")

    remove_tag(repository=tag.image.repository, tag="1.0")
    remove_tag(repository=tag.image.repository, tag="1.0")
    remove_tag(repository="nobody/has-it", tag="1.0")

    assert Tag.objects.get() == other


def test_a_removed_manifest_takes_its_tags_and_layers_along_and_no_others():
    image = PushedImageFactory()
    other = PushedImageFactory()
    stays = ManifestFactory(image=image, digest=other.manifests.get().digest)

    remove_manifest(repository=image.repository, digest=image.tags.get().manifest.digest)
    remove_manifest(repository="nobody/has-it", digest=stays.digest)

    assert set(Manifest.objects.all()) == {stays, other.manifests.get()}
    assert Tag.objects.get().image == other
    assert LayerList.objects.get().manifest == other.manifests.get()
    image.refresh_from_db()
    assert image.was_pushed
