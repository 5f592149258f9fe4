"""What was never told, what is damaged, and what is taken down: all of it on the real registry."""

import json

import pytest
from django.utils import timezone

from marketplace.images.models import Image, Manifest, Tag
from marketplace.images.oci import INDEX, MANIFEST
from marketplace.images.selectors.tags import visible_tags
from marketplace.images.services.unreadable_manifests import ask_for_removal
from registry_auth.client.registry import RegistryClient
from registry_auth.inbox.models import RegistryEnvelope
from registry_auth.inbox.tasks import drain_registry_events
from registry_auth.upkeep.models import RepositoryTrouble
from registry_auth.upkeep.reconciliation import reconcile
from registry_auth.upkeep.take_downs import remove_taken_down_manifests, remove_unreadable_manifests
from tests.factories.accounts import AccessTokenFactory
from tests.factories.marketplace import ImageFactory
from tests.support.real_registry import events_told, scope, told_of
from tests.support.registry import OciImage, index_of, put_manifest, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_reconciliation_repairs_what_was_never_told(registry, token_for, image, seller):
    pushed, child = OciImage(["one"]), OciImage(["child"])
    token = token_for(seller, scope(image, "push,pull"))
    pushed.push(registry, token, image.repository, "1.0")
    child.push(registry, token, image.repository, child.digest)
    put_manifest(registry, token, image.repository, "2.0", index_of([child]), INDEX)
    wait_until(lambda: events_told() >= 3)
    RegistryEnvelope.objects.all().delete()

    with RegistryClient() as client:
        repairs = reconcile(registry=client)
        again = reconcile(registry=client)

    assert (repairs.written, repairs.removed, repairs.described) == (2, 0, 4)  # the index once more when its child is known
    assert (again.written, again.removed, again.described) == (0, 0, 0)
    assert dict(image.tags.values_list("name", "manifest__kind")) == {"1.0": "image", "2.0": "index"}
    assert len(Manifest.objects.get(image=image, digest=child.digest).layer_list.layers) == 1


def test_a_builders_cache_stops_no_later_manifest_and_is_no_version(registry, token_for, image, seller):
    # BuildKit's `--cache-to type=registry`: an index whose entries are a layer and a cache configuration, no manifests at all.
    other = ImageFactory()
    cached = OciImage(["a layer"])
    token = token_for(seller, scope(image, "push,pull"))
    cached.push(registry, token, image.repository, "1.0")
    entries = [cached.layers[0], {**cached.config, "mediaType": "application/vnd.buildkit.cacheconfig.v0"}]
    cache = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()
    assert put_manifest(registry, token, image.repository, "cache", cache, INDEX).status_code == 201
    told_of(2)
    later = OciImage(["later"])
    later.push(registry, token_for(AccessTokenFactory(user=other.owner.user), scope(other, "push,pull")), other.repository, "1.0")
    told_of(3)

    assert len(other.tags.get().manifest.layer_list.layers) == 1
    assert Tag.objects.get(name="cache").manifest.kind == Manifest.Kind.ARTIFACT
    assert [tag.name for tag in visible_tags().filter(image=image)] == ["1.0"]


def test_a_manifest_that_the_registry_answers_with_500_stops_no_other_and_its_seller_removes_it(registry, token_for, image, seller):
    # The same cache, written by something that calls its layer a manifest: the registry takes it and cannot show what it names.
    cached = OciImage(["a layer"])
    token = token_for(seller, scope(image, "push,pull"))
    cached.push(registry, token, image.repository, "1.0")
    entry = {**cached.layers[0], "mediaType": MANIFEST}
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}).encode()
    assert put_manifest(registry, token, image.repository, "2.0", index, INDEX).status_code == 201
    path = f"/v2/{image.repository}/manifests/{entry['digest']}"
    assert registry.ask("GET", path, token, headers={"Accept": MANIFEST}).status_code == 500
    told_of(2)
    other = ImageFactory()
    OciImage(["later"]).push(
        registry, token_for(AccessTokenFactory(user=other.owner.user), scope(other, "push,pull")), other.repository, "1.0"
    )
    told_of(3)

    assert len(other.tags.get().manifest.layer_list.layers) == 1
    broken = Tag.objects.get(name="2.0").manifest
    assert broken.is_unreadable
    ask_for_removal(manifest=broken, actor=seller.user)
    with RegistryClient() as client:
        assert remove_unreadable_manifests(registry=client) == 1
        assert list(client.tags(image.repository)) == ["1.0"]
    assert list(image.tags.values_list("name", flat=True)) == ["1.0"]


@pytest.fixture
def damaged(registry, token_for, image, seller, tmp_path):
    """An image whose tag `1.0` points nowhere: the file of its link is empty, as a full disk leaves it. `2.0` is in order."""
    token = token_for(seller, scope(image, "push,pull"))
    for name in ("1.0", "2.0"):
        OciImage([name]).push(registry, token, image.repository, name)
    told_of(2)
    tags = tmp_path / "registry" / "data" / "docker" / "registry" / "v2" / "repositories" / image.repository / "_manifests" / "tags"
    (tags / "1.0" / "current" / "link").write_bytes(b"")
    assert registry.ask("HEAD", f"/v2/{image.repository}/manifests/1.0", token, headers={"Accept": MANIFEST}).status_code == 500
    return image


def test_a_damaged_tag_stops_no_other_image_from_being_reconciled(registry, token_for, damaged):
    others = [ImageFactory() for _ in range(2)]
    for other in others:
        OciImage(["other"]).push(
            registry, token_for(AccessTokenFactory(user=other.owner.user), scope(other, "push,pull")), other.repository, "1.0"
        )
    wait_until(lambda: events_told(drained_at=None) >= 2)
    RegistryEnvelope.objects.all().delete()

    with RegistryClient() as client:
        repairs = reconcile(registry=client)

    assert (repairs.written, repairs.removed, repairs.refused) == (2, 0, 1)
    assert all(other.tags.exists() for other in others)
    assert "answered 500" in RepositoryTrouble.objects.get(image=damaged).last_error


def test_a_damaged_tag_stops_no_take_down(registry, token_for, damaged):
    other = ImageFactory()
    OciImage(["other"]).push(
        registry, token_for(AccessTokenFactory(user=other.owner.user), scope(other, "push,pull")), other.repository, "1.0"
    )
    wait_until(lambda: events_told(drained_at=None) >= 1)
    drain_registry_events()
    Image.objects.update(taken_down_at=timezone.now(), take_down_reason="malware")

    with RegistryClient() as client:
        assert remove_taken_down_manifests(registry=client) == 3

    assert not Manifest.objects.exists()


def test_a_take_down_empties_the_repository(registry, token_for, image, seller):
    pushed, untold = OciImage(["one"]), OciImage(["two"])
    token = token_for(seller, scope(image, "push,pull"))
    pushed.push(registry, token, image.repository, "1.0")
    told_of(1)
    untold.push(registry, token, image.repository, "1.1")
    wait_until(lambda: events_told() >= 2)
    RegistryEnvelope.objects.all().delete()
    image.taken_down_at, image.take_down_reason = timezone.now(), "malware"
    image.save()

    with RegistryClient() as client:
        assert remove_taken_down_manifests(registry=client) == 2
        assert list(client.tags(image.repository)) == []

    # A token issued before the take-down still opens the repository, and finds nothing.
    for digest in (pushed.digest, untold.digest):
        assert registry.ask("GET", f"/v2/{image.repository}/manifests/{digest}", token, headers={"Accept": MANIFEST}).status_code == 404
    assert not Manifest.objects.filter(image=image).exists()
