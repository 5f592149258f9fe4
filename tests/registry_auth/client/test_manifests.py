"""What stands in a manifest, its authors being strangers."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.images.models import Manifest
from marketplace.images.oci import CONFIG, LAYER, MANIFEST
from marketplace.images.services.manifests import ManifestDescription
from registry_auth.client.manifests import children_of, config_digest, describe_image, describe_index, read_document
from tests.support.registry import OciImage, digest_of, index_of

SOME = digest_of(b"something")


def documents(image: OciImage) -> tuple:
    return read_document(image.manifest), read_document(image.blobs[image.config["digest"]])


def test_an_image_is_described_with_the_command_of_each_layer():
    image = OciImage(["one", "two"])

    found = describe_image(*documents(image))

    assert (found.kind, found.size, found.platforms) == (Manifest.Kind.IMAGE, image.size, ("linux/amd64",))
    assert found.image_created_at == datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=UTC)
    assert [(layer.size, layer.command) for layer in found.layers] == [
        (image.layers[0]["size"], "COPY one /"),
        (image.layers[1]["size"], "COPY two /"),
    ]


@pytest.mark.parametrize(
    ("history", "line"),
    [
        pytest.param("/bin/sh -c #(nop) COPY dir:" + "0123456789ab" + "c" * 52 + " in / ", "COPY dir:0123456789ab in /", id="classic copy"),
        pytest.param('/bin/sh -c #(nop)  CMD ["sh"]', 'CMD ["sh"]', id="classic command"),
        pytest.param(
            "/bin/sh -c apt-get update &&     apt-get install -y curl", "RUN apt-get update && apt-get install -y curl", id="classic run"
        ),
        pytest.param("COPY conf.d/ /etc/ # buildkit", "COPY conf.d/ /etc/", id="buildkit"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_layer_shows_the_line_of_its_dockerfile(history, line):
    document, config = documents(OciImage(["one"]))

    found = describe_image(document, {**config, "history": [{"created_by": history}]})

    assert [layer.command for layer in found.layers] == [line]


def test_a_history_of_another_length_names_no_command():
    manifest, config = documents(OciImage(["one", "two"]))

    found = describe_image(manifest, {**config, "history": config["history"][:1]})

    assert [layer.command for layer in found.layers] == ["", ""]


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ({"os": "linux", "architecture": "arm", "variant": "v7"}, ("linux/arm/v7",)),
        ({"os": "linux", "architecture": ""}, ()),
        ({"os": 1, "architecture": []}, ()),
    ],
)
def test_a_platform_has_two_or_three_parts(platform, expected):
    manifest, config = documents(OciImage(["one"]))

    assert describe_image(manifest, {**config, **platform}).platforms == expected


@pytest.mark.parametrize(
    "created",
    [None, "", "yesterday", "2026-02-31T00:00:00Z", "2026-11-22T10:00:00", 5, "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-12:00"],
)
def test_a_time_that_is_none_is_left_out(created):
    manifest, config = documents(OciImage(["one"]))

    assert describe_image(manifest, {**config, "created": created}).image_created_at is None


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"config": {"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": SOME, "size": 5}}, id="chart"),
        pytest.param({"layers": [{"mediaType": "application/vnd.in-toto+json", "digest": SOME, "size": 5}]}, id="attestation"),
        pytest.param({"layers": [{"mediaType": LAYER, "digest": "sha256:zz", "size": 5}]}, id="a layer whose digest is none"),
        pytest.param({"config": None}, id="no configuration"),
        pytest.param({"config": {"mediaType": CONFIG}}, id="a configuration without digest"),
    ],
)
def test_what_is_no_image_is_an_artefact(change):
    manifest, config = documents(OciImage(["one"]))

    found = describe_image({**manifest, **change}, config)

    assert (found.kind, found.layers, found.platforms) == (Manifest.Kind.ARTIFACT, (), ())


def an_image(size: int = 1, *platforms: str) -> ManifestDescription:
    return ManifestDescription(kind=Manifest.Kind.IMAGE, size=size, platforms=platforms)


def test_an_index_is_as_large_as_its_largest_child():
    amd, arm = OciImage(["amd"]), OciImage(["arm"], architecture="arm64")
    document = read_document(index_of([amd, arm], attestation=OciImage(["attestation"])))

    found = describe_index(document, known={amd.digest: an_image(10), arm.digest: an_image(20)})

    assert (found.kind, found.size) == (Manifest.Kind.INDEX, 20)
    assert (found.platforms, found.children) == (("linux/amd64", "linux/arm64"), (amd.digest, arm.digest))


def test_the_platform_of_an_entry_that_does_not_say_it_is_what_the_image_says():
    entries = [{"digest": digest_of(b"one")}, {"digest": digest_of(b"two"), "platform": {"os": "linux", "architecture": "aarch64"}}]
    known = {digest_of(b"one"): an_image(1, "linux/amd64"), digest_of(b"two"): an_image(1, "linux/riscv64")}

    assert describe_index({"manifests": entries}, known=known).platforms == ("linux/amd64", "linux/arm64")


@pytest.mark.parametrize(
    "known", [{}, {SOME: ManifestDescription(kind=Manifest.Kind.ARTIFACT, size=7)}], ids=["nothing", "artefacts alone"]
)
def test_an_index_without_images_is_an_artefact(known):
    found = describe_index({"manifests": [{"digest": SOME}]}, known=known)

    assert (found.kind, found.platforms, found.children) == (Manifest.Kind.ARTIFACT, (), ())


def test_attestations_are_known_by_annotation_or_by_platform_and_layers_are_no_manifests():
    entries = [
        {"digest": SOME, "platform": {"os": "unknown", "architecture": "unknown"}},
        {"digest": SOME, "annotations": {"vnd.docker.reference.type": "attestation-manifest"}},
        {"digest": SOME},
        {"digest": SOME, "mediaType": MANIFEST},
        {"digest": digest_of(b"layer"), "mediaType": LAYER},
        {"digest": digest_of(b"cache"), "mediaType": "application/vnd.buildkit.cacheconfig.v0"},
        {"digest": digest_of(b"odd"), "mediaType": []},
        {"digest": "../../blobs/uploads"},
        {"platform": {"os": "linux"}},
        "nonsense",
    ]

    assert [child.digest for child in children_of({"manifests": entries})] == [SOME]


@pytest.mark.parametrize("content", [None, b"", b"x", b"[]", b"\xff", b"[" * 100_000])
def test_what_is_no_document_is_an_empty_one(content):
    assert read_document(content) == {}


_word = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8))
_json = st.recursive(
    _word, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=8), inner, max_size=2), max_leaves=3
)
_manifest = st.fixed_dictionaries(
    {},
    optional={
        "config": st.one_of(_json, st.fixed_dictionaries({"mediaType": st.one_of(_json, st.just(CONFIG)), "digest": _json, "size": _json})),
        "layers": st.one_of(_json, st.lists(st.fixed_dictionaries({"mediaType": st.just(LAYER), "digest": _json, "size": _json}))),
        "manifests": st.one_of(_json, st.lists(st.fixed_dictionaries({"digest": _json, "platform": _json, "annotations": _json}))),
        "history": st.one_of(_json, st.lists(_json)),
        "created": _json,
        "os": _json,
        "architecture": _json,
    },
)


@given(_manifest, _manifest)
def test_nothing_in_a_manifest_breaks_its_reader(manifest, config):
    document = read_document(json.dumps(manifest).encode())

    config_digest(document)
    assert describe_image(document, config).size >= 0
    known = {child.digest: an_image() for child in children_of(document)}
    assert len(describe_index(document, known=known).children) == len(known)
