"""Our tokens before the real registry: what it lets in, and what it turns away."""

import json
import subprocess

import pytest
from django.utils import timezone

from marketplace.entitlements.models import Entitlement
from marketplace.images.oci import MANIFEST
from tests.factories.accounts import AccessTokenFactory, UserFactory
from tests.factories.marketplace import ImageFactory
from tests.support.real_registry import scope
from tests.support.registry import OciImage

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_the_seller_pushes_the_buyer_pulls_and_nobody_else(registry, token_for, image, seller, buyer):
    pushed = OciImage(["one", "two"])
    assert pushed.push(registry, token_for(seller, scope(image, "push,pull")), image.repository, "1.0").status_code == 201

    got = registry.ask("GET", f"/v2/{image.repository}/manifests/1.0", token_for(buyer, scope(image)), headers={"Accept": MANIFEST})
    assert got.content == pushed.manifest
    for other in (None, AccessTokenFactory()):
        assert registry.ask("GET", f"/v2/{image.repository}/manifests/1.0", token_for(other, scope(image))).status_code == 401
    assert OciImage(["three"]).push(registry, token_for(buyer, scope(image, "push,pull")), image.repository, "1.0").status_code == 401


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
