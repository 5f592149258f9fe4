"""What the full demo shop sells, and whether its images are such as the shop reads them from registries."""

import gzip
import hashlib
import io
import json
import tarfile
from collections import Counter
from datetime import date
from functools import cache
from typing import Any

import pytest

from common.currencies import CURRENCIES
from marketplace.images.models import Manifest
from marketplace.images.names import ImageName, NamespaceName, Slug
from marketplace.images.oci import INDEX, LAYER
from registry_auth.client.artefacts import attestations_of, evidence_of, subject_of
from registry_auth.client.configurations import ConfigurationReader
from registry_auth.client.manifests import config_digest, describe_image, describe_index, read_document
from tools.demo.shop.goods import Goods, Shop, read_licences, read_shops
from tools.demo.shop.images import Version, build_versions
from tools.demo.shop.layers import Blob
from tools.demo.shop.series import Trend

TODAY = date(2026, 11, 29)
IMAGES = [(shop, spec) for shop in read_shops() for spec in shop.images]


@cache
def versions_of(repository: str) -> list[Version]:
    shop, spec = next((shop, spec) for shop, spec in IMAGES if f"{shop.namespace}/{spec.name}" == repository)
    return build_versions(shop, spec, TODAY)


def products() -> list[tuple[Shop, Goods]]:
    return [(shop, goods) for shop in read_shops() for goods in shop.products]


def test_forty_products_of_eight_sellers_have_names_that_the_shop_takes() -> None:
    assert (len(read_shops()), len(products())) == (8, 40)
    assert sum(shop.is_organisation for shop in read_shops()) == 1
    assert {trend for _, goods in products() for trend in [Trend(goods.trend)]} == set(Trend)
    assert {goods.price.currency for _, goods in products()} <= set(CURRENCIES)
    assert {goods.licence for _, goods in products()} <= set(read_licences())
    for shop in read_shops():
        NamespaceName.parse(shop.namespace)
        names = [spec.name for spec in shop.images]
        assert len(names) == len(set(names))
        for name in names:
            ImageName.parse(name)
        for goods in shop.products:
            Slug.parse(goods.slug)
            assert set(goods.holds) <= set(names)
            assert len(goods.title) <= 80
            assert len(goods.summary) <= 200


@pytest.mark.parametrize("repository", ["northgrid/postgres-ha", "basalt/static", "fernhill/probe", "saltmarsh/embeddings"])
def test_every_version_is_described_as_what_it_was_built_for(repository: str) -> None:
    spec = next(spec for shop, spec in IMAGES if f"{shop.namespace}/{spec.name}" == repository)
    blobs: dict[str, Blob] = {}
    for version in versions_of(repository):
        blobs |= version.blobs | {push.manifest.digest: push.manifest for push in version.pushes}
        described = {digest: describe(blobs, digest) for digest in version.platforms.values()}
        index = document_of(blobs, version.digest)

        found = describe_index(index, known=described)

        assert found.kind == Manifest.Kind.INDEX
        assert found.platforms == tuple(sorted(f"linux/{platform}" for platform in spec.platforms))
        assert set(found.children) == set(version.platforms.values())
        assert len(attestations_of(index)) == (len(spec.platforms) if spec.attested else 0)
        assert {push.reference for push in version.pushes if push.manifest.digest == version.digest} == set(version.tags)


def test_a_configuration_says_how_the_image_runs_and_hides_what_looks_like_a_secret() -> None:
    version = versions_of("northgrid/postgres-ha")[-1]
    manifest = document_of({push.manifest.digest: push.manifest for push in version.pushes}, version.platforms["linux/arm64"])

    read = ConfigurationReader(read_document(version.blobs[str(config_digest(manifest))].content))

    assert (read.facts.user, read.facts.ports, read.facts.volumes) == ("999:999", ("5432/tcp", "8008/tcp"), ("/var/lib/postgresql/data",))
    assert read.hidden == ["the environment variable POSTGRES_PASSWORD", "the build step ENV"]


def test_layers_are_tars_with_the_digests_that_the_configuration_names() -> None:
    version = versions_of("saltmarsh/embeddings")[0]
    manifest = document_of({push.manifest.digest: push.manifest for push in version.pushes}, version.platforms["linux/amd64"])
    config = read_document(version.blobs[str(config_digest(manifest))].content)

    packed = [gzip.decompress(version.blobs[layer["digest"]].content) for layer in manifest["layers"]]

    assert [f"sha256:{hashlib.sha256(one).hexdigest()}" for one in packed] == config["rootfs"]["diff_ids"]
    assert all(map(names_in, packed))
    assert all(layer["mediaType"] == LAYER and layer["size"] == len(version.blobs[layer["digest"]].content) for layer in manifest["layers"])


def test_signatures_and_bills_of_materials_lie_beside_the_image() -> None:
    version = versions_of("northgrid/postgres-ha")[0]
    images = version.platforms.values()
    beside = [push for push in version.pushes if push.manifest.media_type != INDEX and push.manifest.digest not in images]
    held = [(push.reference, [one.kind for one in evidence_of(json.loads(push.manifest.content))]) for push in beside]
    signature = f"{version.digest.replace(':', '-')}.sig"

    assert dict(held)[signature] == ["signature"]
    assert sorted(kinds for name, kinds in held if name != signature) == [["sbom"], ["sbom", "provenance"], ["sbom", "provenance"]]
    assert [subject_of(json.loads(push.manifest.content)) for push in beside].count(version.digest) == 1


def test_images_of_several_sellers_stand_on_the_layers_of_one() -> None:
    lowest = Counter(first_layer(f"{shop.namespace}/{spec.name}") for shop, spec in IMAGES if spec.stack in {"debian", "python", "java"})

    assert max(lowest.values()) >= 10
    assert set(lowest) == {first_layer("basalt/debian", place) for place in (0, 1)}


def test_the_same_day_makes_the_same_images() -> None:
    shop, spec = IMAGES[0]

    again = build_versions(shop, spec, TODAY)

    assert [version.digest for version in again] == [version.digest for version in versions_of(f"{shop.namespace}/{spec.name}")]


def names_in(packed: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        return tar.getnames()


def first_layer(repository: str, place: int = -1) -> str:
    version = versions_of(repository)[place]
    manifests = {push.manifest.digest: push.manifest for push in version.pushes}
    return str(document_of(manifests, version.platforms["linux/amd64"])["layers"][0]["digest"])


def document_of(blobs: dict[str, Blob], digest: str) -> Any:
    return json.loads(blobs[digest].content)


def describe(blobs: dict[str, Blob], digest: str) -> Any:
    manifest = document_of(blobs, digest)
    return describe_image(manifest, read_document(blobs[str(config_digest(manifest))].content))
