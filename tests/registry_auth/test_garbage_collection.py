"""Garbage collection as docs/operations.md describes it, on the real registry: what it takes, and what `-m` would take from buyers."""

import re
import subprocess
from pathlib import Path

import httpx
import pytest
import yaml
from django.conf import settings

from marketplace.images.oci import INDEX, MANIFEST
from tests.factories.accounts import AccessTokenFactory
from tests.factories.marketplace import EntitlementFactory, ImageFactory
from tests.support.registry import OciImage, Registry, digest_of, index_of, put_manifest

pytestmark = pytest.mark.django_db(transaction=True)
READABLE = f"{INDEX}, {MANIFEST}"


def configuration_of(registry: Registry) -> Path:
    return Path(str(registry.process.args[-1]))  # type: ignore[index]  # a list: see tests/support/registry.py


def make_read_only(registry: Registry) -> None:
    file = configuration_of(registry)
    configuration = yaml.safe_load(file.read_text())
    configuration["storage"]["maintenance"] = {"readonly": {"enabled": True}}
    file.write_text(yaml.safe_dump(configuration))
    registry.restart()


def collect(registry: Registry, *options: str) -> None:
    command = ["docker-registry", "garbage-collect", *options, str(configuration_of(registry))]
    subprocess.run(command, check=True, capture_output=True)
    registry.restart()


@pytest.fixture
def image():
    return ImageFactory()


@pytest.fixture
def push_token(image, token_for):
    return token_for(AccessTokenFactory(user=image.owner.user), f"repository:{image.repository}:push,pull,delete")


@pytest.fixture
def pull(registry, image, token_for):
    """Pull by digest as a buyer, layers included; return the status of the worst answer."""
    buyer = AccessTokenFactory()
    EntitlementFactory(holder=buyer.user.account, image=image)
    token = token_for(buyer, f"repository:{image.repository}:pull")

    def ask(path: str):
        return registry.ask("GET", f"/v2/{image.repository}/{path}", token, headers={"Accept": READABLE})

    def pull_image(digest: str):
        manifest = ask(f"manifests/{digest}")
        layers = manifest.json().get("layers", []) if manifest.status_code == 200 else []
        return max([manifest.status_code, *(ask(f"blobs/{layer['digest']}").status_code for layer in layers)])

    return pull_image


@pytest.fixture
def sold(registry, image, push_token) -> dict[str, str]:
    """What buyers have paid for, by digest: a version that its tag has moved on from, and an index with its platforms."""
    old, new = OciImage(["old"]), OciImage(["new"])
    for version in (old, new):
        assert version.push(registry, push_token, image.repository, "1").status_code == 201
    platforms = [OciImage(["for amd64"]), OciImage(["for arm64"], architecture="arm64")]
    for platform in platforms:
        assert platform.push(registry, push_token, image.repository, platform.digest).status_code == 201
    index = index_of(platforms)
    assert put_manifest(registry, push_token, image.repository, "2", index, INDEX).status_code == 201
    return {"old": old.digest, "new": new.digest, "index": digest_of(index), "amd64": platforms[0].digest, "arm64": platforms[1].digest}


def test_collecting_garbage_takes_what_no_manifest_names_and_nothing_that_was_sold(registry, image, push_token, sold, pull):
    layer = OciImage(["broken off"])
    started = registry.ask("POST", f"/v2/{image.repository}/blobs/uploads/", push_token)
    place = httpx.URL(f"{registry.url}{started.headers['Location']}").copy_merge_params({"digest": layer.layers[0]["digest"]})
    content = layer.blobs[layer.layers[0]["digest"]]
    headers = {"Content-Type": "application/octet-stream"}
    assert registry.ask("PUT", place.raw_path.decode(), push_token, content=content, headers=headers).status_code == 201
    blob = f"/v2/{image.repository}/blobs/{layer.layers[0]['digest']}"
    assert registry.ask("HEAD", blob, push_token).status_code == 200

    collect(registry)

    assert registry.ask("HEAD", blob, push_token).status_code == 404
    assert {name: pull(digest) for name, digest in sold.items()} == dict.fromkeys(sold, 200)


def test_deleting_what_has_no_tag_would_take_what_buyers_have_paid_for(registry, sold, pull):
    collect(registry, "--delete-untagged")

    assert {name for name, digest in sold.items() if pull(digest) == 404} == {"old", "amd64", "arm64"}


def test_a_registry_that_takes_no_push_goes_on_with_pulls(registry, image, push_token, sold, pull):
    make_read_only(registry)

    assert OciImage(["late"]).push(registry, push_token, image.repository, "3").status_code == 405
    assert {name: pull(digest) for name, digest in sold.items()} == dict.fromkeys(sold, 200)


@pytest.mark.parametrize("template", ["2.8.yml.template", "3.yml.template"])
def test_both_registries_are_made_read_only_by_the_documented_variable(template):
    text = (Path(settings.BASE_DIR) / "deploy" / "registry" / template).read_text()
    filled = re.sub(r"\$\{LAYERSTORE_REGISTRY_READONLY\}", "true", text)

    assert yaml.safe_load(filled)["storage"]["maintenance"] == {"readonly": {"enabled": True}}
