"""Our tokens before the real registry: what it lets in, what it turns away, and what it tells us."""

import json
import subprocess
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from django.utils import timezone

from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image, Manifest, Tag
from marketplace.images.oci import INDEX, MANIFEST
from marketplace.images.selectors.tags import visible_tags
from marketplace.images.services.unreadable import ask_for_removal
from marketplace.insights.models import PullCount
from registry_auth.client.registry import RegistryClient
from registry_auth.inbox import envelopes
from registry_auth.inbox.client_hash import client_hash
from registry_auth.inbox.models import RegistryEnvelope, WaitingPuller
from registry_auth.inbox.tasks import drain_registry_events
from registry_auth.upkeep.models import RepositoryTrouble
from registry_auth.upkeep.reconciliation import reconcile
from registry_auth.upkeep.take_downs import remove_asked_for, remove_taken_down_manifests
from registry_auth.upkeep.tasks import describe_manifests
from tests.factories.accounts import AccessTokenFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory, FreeProductFactory, ImageFactory
from tests.support.registry import OciImage, index_of, put_manifest, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def scope(image, actions="pull") -> str:
    return f"repository:{image.repository}:{actions}"


@pytest.fixture
def image():
    return ImageFactory()


@pytest.fixture
def seller(image):
    return AccessTokenFactory(user=image.owner.user)


@pytest.fixture
def buyer(image):
    credential = AccessTokenFactory()
    EntitlementFactory(holder=credential.user.account, image=image)
    return credential


def told_of(count: int) -> None:
    """Wait until the registry has told of so many events, then let them have their effect."""
    wait_until(lambda: sum(len(envelope.body) for envelope in RegistryEnvelope.objects.all()) >= count)
    drain_registry_events()
    describe_manifests()


def test_what_the_seller_pushes_the_buyer_pulls_and_nobody_else(registry, token_for, image, seller, buyer):
    pushed = OciImage(["one", "two"])
    assert pushed.push(registry, token_for(seller, scope(image, "push,pull")), image.repository, "1.0").status_code == 201

    got = registry.ask("GET", f"/v2/{image.repository}/manifests/1.0", token_for(buyer, scope(image)), headers={"Accept": MANIFEST})
    assert got.content == pushed.manifest
    for other in (None, AccessTokenFactory()):
        assert registry.ask("GET", f"/v2/{image.repository}/manifests/1.0", token_for(other, scope(image))).status_code == 401
    assert OciImage(["three"]).push(registry, token_for(buyer, scope(image, "push,pull")), image.repository, "1.0").status_code == 401


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


def test_a_buyer_of_one_image_cannot_mount_a_layer_of_another(registry, token_for, image, seller):
    secret = OciImage(["a layer that was not bought"])
    secret.push(registry, token_for(seller, scope(image, "push,pull")), image.repository, "1.0")
    thief = ImageFactory()
    credential = AccessTokenFactory(user=thief.owner.user)
    token = token_for(credential, scope(thief, "push,pull"), scope(image))

    layer = secret.layers[0]["digest"]
    mounted = registry.ask("POST", f"/v2/{thief.repository}/blobs/uploads/?mount={layer}&from={image.repository}", token)

    assert mounted.status_code == 401
    assert registry.ask("HEAD", f"/v2/{thief.repository}/blobs/{layer}", token).status_code == 404


def test_a_digest_alone_opens_nothing(registry, token_for, image, seller):
    secret = OciImage(["not bought"])
    secret.push(registry, token_for(seller, scope(image, "push,pull")), image.repository, "1.0")
    other = ImageFactory()
    token = token_for(AccessTokenFactory(user=other.owner.user), scope(other, "push,pull"), scope(image))

    for path in (f"manifests/{secret.digest}", f"blobs/{secret.config['digest']}", f"blobs/{secret.layers[0]['digest']}"):
        statuses = [
            registry.ask("GET", f"/v2/{name}/{path}", token, headers={"Accept": MANIFEST}).status_code
            for name in (other.repository, image.repository)
        ]
        assert statuses == [404, 401]


def test_a_layer_of_ones_own_is_mounted(registry, token_for, image, seller):
    pushed = OciImage(["mine"])
    pushed.push(registry, token_for(seller, scope(image, "push,pull")), image.repository, "1.0")
    second = ImageFactory(namespace=image.namespace)
    token = token_for(seller, scope(second, "push,pull"), scope(image))

    layer = pushed.layers[0]["digest"]
    mounted = registry.ask("POST", f"/v2/{second.repository}/blobs/uploads/?mount={layer}&from={image.repository}", token)

    assert mounted.status_code == 201


def test_the_registry_tells_of_manifests_alone(registry, token_for, image, seller, buyer, monkeypatch):
    told: list[str] = []
    read = envelopes.read_envelope

    def remember(content, *, received_at):
        told.extend(event["target"]["mediaType"] for event in json.loads(content)["events"])
        return read(content, received_at=received_at)

    monkeypatch.setattr("registry_auth.inbox.views.read_envelope", remember)
    pushed = OciImage(["one", "two"])
    pushed.push(registry, token_for(seller, scope(image, "push,pull")), image.repository, "1.0")
    token = token_for(buyer, scope(image))
    for digest in pushed.blobs:
        assert registry.ask("GET", f"/v2/{image.repository}/blobs/{digest}", token).status_code == 200
    assert registry.ask("GET", f"/v2/{image.repository}/manifests/1.0", token, headers={"Accept": MANIFEST}).status_code == 200

    wait_until(lambda: len(told) >= 2)
    assert told == [MANIFEST, MANIFEST]


def test_a_revoked_entitlement_ends_with_the_next_token(registry, token_for, image, seller, buyer):
    OciImage(["one"]).push(registry, token_for(seller, scope(image, "push,pull")), image.repository, "1.0")
    path = f"/v2/{image.repository}/manifests/1.0"
    assert registry.ask("HEAD", path, token_for(buyer, scope(image)), headers={"Accept": MANIFEST}).status_code == 200

    Entitlement.objects.update(revoked_at=timezone.now(), revocation_reason="refunded")

    assert registry.ask("HEAD", path, token_for(buyer, scope(image)), headers={"Accept": MANIFEST}).status_code == 401


def test_anonymous_pulls_of_a_name_without_scope_get_nothing(registry, token_for):
    assert registry.ask("GET", "/v2/", token_for(None)).status_code == 200
    assert registry.ask("GET", "/v2/_catalog", token_for(None, "registry:catalog:*")).status_code == 401


def test_staff_list_the_catalogue(registry, token_for, image, seller):
    OciImage(["one"]).push(registry, token_for(seller, scope(image, "push,pull")), image.repository, "1.0")
    staff = AccessTokenFactory(user=UserFactory(staff=True))

    assert registry.ask("GET", "/v2/_catalog", token_for(staff, "registry:catalog:*")).json() == {"repositories": [image.repository]}


@pytest.mark.parametrize("age_of_keys", [timedelta(days=61)])
def test_rotation_needs_no_restart_and_fails_no_pull(registry, token_for, image, seller, buyer, key_store):
    OciImage(["one"]).push(registry, token_for(seller, scope(image, "push,pull")), image.repository, "1.0")
    path, tokens, now = f"/v2/{image.repository}/manifests/1.0", [], timezone.now()

    def pull():
        tokens.append(token_for(buyer, scope(image)))
        return registry.ask("HEAD", path, tokens[-1], headers={"Accept": MANIFEST}).status_code

    steps = [
        lambda: key_store.renew(now=now),
        lambda: key_store.add(now=now),
        lambda: key_store.promote(now=now),
        lambda: key_store.renew(now=now + timedelta(days=2)),
    ]
    statuses = [pull()]
    for step in steps:
        step()
        statuses.append(pull())

    assert statuses == [200] * 5
    assert len({jwt.get_unverified_header(token)["kid"] for token in tokens}) == 3
    assert len(key_store.index.leaves) == 1
    # Tokens of forgotten keys are good until their own end: they carry their certificate.
    assert [registry.ask("HEAD", path, token, headers={"Accept": MANIFEST}).status_code for token in tokens] == [200] * 5


def test_a_new_authority_shuts_the_old_one_out(start_registry, token_for, image, seller, buyer, key_store):
    now, path = timezone.now(), f"/v2/{image.repository}/manifests/1.0"
    with start_registry() as registry:
        OciImage(["one"]).push(registry, token_for(seller, scope(image, "push,pull")), image.repository, "1.0")
        leaked = token_for(buyer, scope(image))
    key_store.add_authority(now=now)
    with start_registry() as registry:
        assert registry.ask("HEAD", path, leaked, headers={"Accept": MANIFEST}).status_code == 200
        key_store.add(now=now)
        key_store.promote(now=now)
        assert registry.ask("HEAD", path, token_for(buyer, scope(image)), headers={"Accept": MANIFEST}).status_code == 200
    key_store.drop_authorities()
    with start_registry() as registry:
        assert registry.ask("HEAD", path, leaked, headers={"Accept": MANIFEST}).status_code == 401
        assert registry.ask("HEAD", path, token_for(buyer, scope(image)), headers={"Accept": MANIFEST}).status_code == 200


def skopeo(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(["skopeo", *arguments], capture_output=True, text=True, check=False, timeout=60)


def test_skopeo_pushes_and_pulls_by_itself(registry, token_for, image, seller, buyer, tmp_path):
    pushed = OciImage(["one", "two"])
    source, place = pushed.write_layout(tmp_path / "source", "1.0"), f"docker://{registry.host}/{image.repository}:1.0"

    done = skopeo("copy", "--dest-tls-verify=false", f"--dest-creds={seller.user.username}:{seller.secret}", source, place)
    assert done.returncode == 0, done.stderr
    target = f"oci:{tmp_path / 'target'}:1.0"
    done = skopeo("copy", "--src-tls-verify=false", f"--src-creds={buyer.user.email.upper()}:{buyer.secret}", place, target)
    assert done.returncode == 0, done.stderr

    index = json.loads((tmp_path / "target" / "index.json").read_text())
    assert index["manifests"][0]["digest"] == pushed.digest
    denied = skopeo("copy", "--src-tls-verify=false", place, f"oci:{tmp_path / 'nothing'}:1.0")
    assert "denied" in denied.stderr or "unauthorized" in denied.stderr


def test_reconciliation_repairs_what_was_never_told(registry, token_for, image, seller):
    pushed, child = OciImage(["one"]), OciImage(["child"])
    token = token_for(seller, scope(image, "push,pull"))
    pushed.push(registry, token, image.repository, "1.0")
    child.push(registry, token, image.repository, child.digest)
    put_manifest(registry, token, image.repository, "2.0", index_of([child]), INDEX)
    wait_until(lambda: RegistryEnvelope.objects.count() >= 3)
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
        assert remove_asked_for(registry=client) == 1
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
    wait_until(lambda: RegistryEnvelope.objects.filter(drained_at=None).count() >= 2)
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
    wait_until(lambda: RegistryEnvelope.objects.filter(drained_at=None).exists())
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
    wait_until(lambda: RegistryEnvelope.objects.count() >= 2)
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
