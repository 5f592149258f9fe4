"""What the real registry tells of pushes, pulls and deletions, and what becomes of it."""

import json
from datetime import UTC, datetime

import pytest

from marketplace.images.models import Manifest, Tag
from marketplace.images.oci import INDEX, MANIFEST
from marketplace.insights.models import PullCount
from registry_auth.inbox import envelopes
from registry_auth.inbox.client_hash import client_hash
from registry_auth.inbox.models import WaitingPuller
from tests.factories.accounts import AccessTokenFactory, UserFactory
from tests.factories.marketplace import FreeProductFactory
from tests.support.real_registry import scope, told_of
from tests.support.registry import OciImage, index_of, put_manifest, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_push_shows_as_tag_manifest_and_layers(registry, token_for, image, seller):
    pushed = OciImage(["one", "two"])
    pushed.push(registry, token_for(seller, scope(image, "push,pull")), image.repository, "1.0")
    told_of(1)

    manifest = Tag.objects.get(image=image, name="1.0").manifest
    assert (manifest.digest, manifest.kind, manifest.platforms, manifest.size) == (pushed.digest, "image", ["linux/amd64"], pushed.size)
    assert manifest.image_created_at == datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=UTC)
    assert [(layer.digest, layer.command) for layer in manifest.layer_list.layers] == [
        (pushed.layers[0]["digest"], "COPY one /"),
        (pushed.layers[1]["digest"], "COPY two /"),
    ]
    image.refresh_from_db()
    assert image.first_pushed_at is not None


def test_an_image_made_to_hurt_stops_neither_other_images_nor_a_page(registry, token_for, image, seller, client, settings):
    # The registry takes `Digest` for `digest` and the last of both, and looks into no configuration.
    product = FreeProductFactory(namespace=image.namespace, images=[image])
    pushed = OciImage(["one"], architecture="\ud800", created="0001-01-01T00:00:00+05:00")
    (layer,) = pushed.layers
    pushed.manifest = pushed.manifest.replace(b'"layers": [{', b'"layers": [{"digest": "sha256:zz", ').replace(
        f'"digest": "{layer["digest"]}"'.encode(), f'"Digest": "{layer["digest"]}"'.encode()
    )
    token = token_for(seller, scope(image, "push,pull"))
    assert pushed.push(registry, token, image.repository, "1.0").status_code == 201
    OciImage(["two"], architecture="\ud800", created="9999-12-31T23:59:59-12:00").push(registry, token, image.repository, "2.0")
    told_of(2)

    assert not Manifest.objects.filter(described_at__isnull=True).exists()
    assert Tag.objects.get(name="1.0").manifest.kind == "artifact"
    assert Tag.objects.get(name="2.0").manifest.platforms == ["linux/?"]
    assert set(Manifest.objects.values_list("image_created_at", flat=True)) == {None}
    settings.ROOT_URLCONF = "config.urls"
    assert product.title in client.get("/").content.decode()


def test_an_index_shows_its_platforms_and_hides_attestations(registry, token_for, image, seller):
    amd, arm, attestation = OciImage(["amd"]), OciImage(["arm, larger"], architecture="arm64"), OciImage(["attestation"])
    token = token_for(seller, scope(image, "push,pull"))
    for part in (amd, arm, attestation):
        part.push(registry, token, image.repository, part.digest)
    index = index_of([amd, arm], attestation=attestation)
    assert put_manifest(registry, token, image.repository, "2.0", index, INDEX).status_code == 201
    told_of(4)

    manifest = Tag.objects.get(image=image, name="2.0").manifest
    assert (manifest.kind, manifest.platforms) == ("index", ["linux/amd64", "linux/arm64"])
    assert manifest.children == [amd.digest, arm.digest]
    assert manifest.size == max(amd.size, arm.size)


def test_one_pull_of_an_index_counts_once_and_looking_does_not_count(registry, token_for, image, seller, buyer):
    part = OciImage(["amd"])
    token = token_for(seller, scope(image, "push,pull"))
    part.push(registry, token, image.repository, part.digest)
    put_manifest(registry, token, image.repository, "2.0", index_of([part]), INDEX)
    told_of(2)
    token = token_for(buyer, scope(image))

    for method, reference in (("HEAD", "2.0"), ("GET", "2.0"), ("GET", part.digest)):
        path = f"/v2/{image.repository}/manifests/{reference}"
        assert registry.ask(method, path, token, headers={"Accept": f"{INDEX}, {MANIFEST}"}).status_code == 200
    told_of(3)

    image.refresh_from_db()
    assert image.pull_count == 1
    row = PullCount.objects.get()
    assert (row.image, row.tag, row.platform, row.buyer, row.count) == (image, "2.0", "linux/amd64", buyer.user.account, 1)
    assert WaitingPuller.objects.get().puller == buyer.user.account.pk


def test_the_anonymous_are_told_apart_by_a_hash_of_where_they_are(registry, token_for, image, seller):
    FreeProductFactory(namespace=image.namespace, images=[image])
    OciImage(["free"]).push(registry, token_for(seller, scope(image, "push,pull")), image.repository, "1.0")
    told_of(1)

    answer = registry.ask("GET", f"/v2/{image.repository}/manifests/1.0", token_for(None, scope(image)), headers={"Accept": MANIFEST})
    assert answer.status_code == 200
    told_of(2)

    assert WaitingPuller.objects.get().puller.hex == client_hash("127.0.0.1")
    assert PullCount.objects.get().buyer is None


def test_a_deleted_manifest_is_forgotten_with_its_tags(registry, token_for, image, seller):
    pushed = OciImage(["one"])
    pushed.push(registry, token_for(seller, scope(image, "push,pull")), image.repository, "1.0")
    told_of(1)
    staff = AccessTokenFactory(user=UserFactory(staff=True))

    path = f"/v2/{image.repository}/manifests/{pushed.digest}"
    assert registry.ask("DELETE", path, token_for(seller, scope(image, "*"))).status_code == 401
    assert registry.ask("DELETE", path, token_for(staff, scope(image, "*"))).status_code == 202
    told_of(2)

    assert not Manifest.objects.filter(image=image).exists()


def test_the_registry_tells_of_manifests_alone(registry, token_for, image, seller, buyer, monkeypatch):
    told: list[str] = []
    read = envelopes.read_envelope

    def remember(content, *, received_at):
        told.extend(event["target"]["mediaType"] for event in json.loads(content)["events"])
        return read(content, received_at=received_at)

    monkeypatch.setattr("registry_auth.inbox.endpoint.read_envelope", remember)
    pushed = OciImage(["one", "two"])
    pushed.push(registry, token_for(seller, scope(image, "push,pull")), image.repository, "1.0")
    token = token_for(buyer, scope(image))
    for digest in pushed.blobs:
        assert registry.ask("GET", f"/v2/{image.repository}/blobs/{digest}", token).status_code == 200
    assert registry.ask("GET", f"/v2/{image.repository}/manifests/1.0", token, headers={"Accept": MANIFEST}).status_code == 200

    wait_until(lambda: len(told) >= 2)
    assert told == [MANIFEST, MANIFEST]
