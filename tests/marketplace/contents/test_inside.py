"""What is inside an image: the same facts on its product's page and in the API, and its seller is told of secrets."""

import json
import re

import msgspec
import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from marketplace.contents.facts import Entry, ImageFacts
from marketplace.contents.models import ManifestContents
from marketplace.contents.selectors.inside import HIDING_LISTED, hiding_manifests
from marketplace.contents.services import Contents, note_known_bases, record_contents
from marketplace.covers.services import draw_outdated_covers
from marketplace.images.models import Image, Manifest, Tag, TagMove
from marketplace.images.services.leading_tags import update_leading_tag
from marketplace.images.services.manifests import remove_manifest
from marketplace.products.models import Product
from tests.factories.marketplace import (
    DraftProductFactory,
    FreeProductFactory,
    ImageFactory,
    LayerListFactory,
    ManifestFactory,
    ProductFactory,
    PushedImageFactory,
    TagFactory,
    digest_of,
    layer,
)
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db
BASE, OWN, ARM = layer("base", 7_000_000, "ADD rootfs.tar /"), layer("own", 2_000_000, "COPY app /"), layer("arm", 3_000_000, "COPY arm /")
FACTS = ImageFacts(
    entrypoint=("/entry.sh",),
    command=("serve", "--now"),
    working_directory="/srv",
    ports=("8080/tcp",),
    volumes=("/data",),
    environment=(Entry("PATH", "/bin"), Entry("DB_PASSWORD", hidden=True), Entry("EMPTY")),
    labels=tuple(Entry(f"label-{n}", "<b>") for n in range(9)),
    left_out={"labels": 1, "volumes": 2, "ports": 3, "command": 4},
)


def text_of(response) -> str:
    assert_sound(response)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", response.content.decode()))


@pytest.fixture
def image(namespace) -> Image:
    """An index of two platforms under `1.0`, with an attestation, a signature, a base that is free, and a history."""
    base = PushedImageFactory(namespace=namespace, name="base", pushed=[BASE])
    FreeProductFactory(namespace=namespace, slug="base", images=[base])
    image = ImageFactory(namespace=namespace, name="db")
    amd = ManifestFactory(image=image, platforms=["linux/amd64"])
    arm = ManifestFactory(image=image, platforms=["linux/arm64"])
    attestation = ManifestFactory(image=image, kind="artifact", platforms=[])
    index = ManifestFactory(image=image, kind="index", platforms=["linux/amd64", "linux/arm64"], children=[amd.digest, arm.digest])
    LayerListFactory(manifest=amd, layers=[BASE, OWN])
    LayerListFactory(manifest=arm, layers=[ARM])
    record_contents(manifest=amd, contents=Contents(facts=FACTS, hidden=["the environment variable DB_PASSWORD"]))
    record_contents(manifest=arm, contents=Contents(facts=ImageFacts(user="app")))
    record_contents(manifest=index, contents=Contents(attestations=[(attestation.digest, amd.digest)]))
    ManifestContents.objects.create(manifest=attestation, image=image, evidence=[["provenance", "SLSA"]])
    signature = ManifestFactory(image=image, kind="artifact", platforms=[])
    ManifestContents.objects.create(manifest=signature, image=image, evidence=[["signature", "cosign"]])
    TagFactory(image=image, manifest=signature, name=f"{index.digest.replace(':', '-')}.sig")
    TagFactory(image=image, manifest=index, name="1.0")
    TagMove.objects.create(image=image, tag="1.0", new_digest=index.digest, old_digest=digest_of("before"), at=timezone.now())
    note_known_bases()
    return image


@pytest.fixture
def product(image: Image) -> Product:
    made: Product = ProductFactory(namespace=image.namespace, slug="db", images=[image])
    draw_outdated_covers()
    return made


def test_a_page_tells_what_is_inside(client: Client, product: Product) -> None:
    page = text_of(client.get("/acme/db"))

    for told in (
        "linux/amd64, shown here linux/arm64",
        "Entry point /entry.sh",
        "Command serve --now and 4 more",
        "Runs as root: it names no user",
        "Working directory /srv",
        "Ports 8080/tcp, and 3 more",
        "Volumes /data, and 2 more",
        "DB_PASSWORD Hidden looks like a secret",
        "PATH /bin",
        "EMPTY empty",
        "Labels (9)",
        "1 more is not shown.",
        "Signature cosign",
        "Provenance SLSA",
        "as an entry of the index",
        "It has checked neither what they say nor who signed",
        "Base acme/base:1.0",
        "The lowest layer is, digest by digest, all that layerstore.test:8080/acme/base:1.0 consists of",
        "A host that has it pulls only 2.0 MB.",
        "ADD rootfs.tar /",
    ):
        assert told in page, told
    assert "&lt;b&gt;" in page
    assert "shared with every image built on it" not in page


def test_a_page_shows_another_platform_on_request(client: Client, product: Product) -> None:
    page = text_of(client.get("/acme/db?platform=linux/arm64"))

    assert "linux/amd64 linux/arm64, shown here" in page
    assert "Runs as app" in page
    assert "COPY arm /" in page
    assert "COPY app /" not in page
    assert text_of(client.get("/acme/db?platform=\x00")) == text_of(client.get("/acme/db?platform=windows/amd64"))


def test_page_and_api_tell_the_same(client: Client, as_buyer: APIClient, product: Product, image: Image) -> None:
    inside = client.get("/acme/db").context["inside"]

    body = as_buyer.get(f"/api/v1/products/{product.pk}/inside/").json()

    assert (body["image"], body["tag"], body["digest"], body["shown_digest"]) == (
        "acme/db",
        "1.0",
        inside.manifest.digest,
        inside.shown.digest,
    )
    assert [(one["platform"], one["digest"]) for one in body["platforms"]] == [(one.name, one.manifest.digest) for one in inside.platforms]
    told = body["configuration"]
    assert told.pop("runs_as_root") is True
    assert told == json.loads(msgspec.json.encode(FACTS))
    assert [(one["digest"], one["size"], one["command"]) for one in body["layers"]] == [
        (one.digest[:19], one.size, one.command) for one in (BASE, OWN)
    ]
    assert (body["base"]["reference"], body["base"]["layers"], body["base"]["size"]) == ("layerstore.test:8080/acme/base:1.0", 1, 7_000_000)
    assert [(one["kind"], one["form"], one["found_by"]) for one in body["attachments"]] == [
        ("signature", "cosign", "tag"),
        ("provenance", "SLSA", "index"),
    ]
    assert [(one["tag"], one["digest"], one["previous"], one["change"]) for one in body["history"]] == [
        ("1.0", inside.manifest.digest, digest_of("before"), None)
    ]
    arm = as_buyer.get(f"/api/v1/products/{product.pk}/inside/", {"platform": "linux/arm64"}).json()
    assert arm["configuration"]["user"] == "app"


def test_the_api_tells_of_each_image_of_a_bundle_and_of_no_other(as_buyer: APIClient, client: Client, image: Image, namespace) -> None:
    other = PushedImageFactory(namespace=namespace, name="other")
    bundle = ProductFactory(namespace=namespace, slug="both", images=[other, image])
    address = f"/api/v1/products/{bundle.pk}/inside/"

    assert as_buyer.get(address).json()["image"] == "acme/other"
    assert as_buyer.get(address, {"image": "acme/db"}).json()["configuration"]["entrypoint"] == ["/entry.sh"]
    assert as_buyer.get(address, {"image": "acme/base"}).status_code == 404
    assert as_buyer.get(address, {"image": "x" * 256}).status_code == 400
    page = client.get("/acme/both")
    assert page.context["inside"] is None
    assert "Runs as" not in text_of(page)
    assert "Runs as root" in text_of(client.get("/acme/both?image=acme%2Fdb"))


def test_nobody_is_told_what_is_inside_of_somebody_elses_draft(as_buyer: APIClient, as_seller: APIClient, image: Image, namespace) -> None:
    draft = DraftProductFactory(namespace=namespace, images=[image])

    assert as_buyer.get(f"/api/v1/products/{draft.pk}/inside/").status_code == 404
    assert as_seller.get(f"/api/v1/products/{draft.pk}/inside/").status_code == 200


def test_an_image_that_was_not_read_or_never_pushed_says_so(client: Client, as_buyer: APIClient, namespace) -> None:
    ProductFactory(namespace=namespace, slug="unread", images=[PushedImageFactory(namespace=namespace)])
    fresh = PushedImageFactory(namespace=namespace)
    fresh.manifests.update(described_at=None)
    empty = ProductFactory(namespace=namespace, slug="empty", images=[ImageFactory(namespace=namespace)])
    ProductFactory(namespace=namespace, slug="fresh", images=[fresh])

    assert "The configuration of tag 1.0 has not been read yet." in text_of(client.get("/acme/unread"))
    assert "The configuration of tag 1.0 has not been read yet." in text_of(client.get("/acme/fresh"))
    assert "Nothing pushed yet." in text_of(client.get("/acme/empty"))
    body = as_buyer.get(f"/api/v1/products/{empty.pk}/inside/").json()
    assert (body["tag"], body["digest"], body["configuration"], body["layers"], body["history"]) == ("", "", None, [], [])


def test_an_index_without_its_children_and_an_artefact_have_nothing_inside(client: Client, namespace) -> None:
    for name, kind, children in (("gone", "index", [digest_of("gone")]), ("chart", "artifact", [])):
        image = ImageFactory(namespace=namespace, name=name)
        manifest = ManifestFactory(image=image, kind=kind, children=children, platforms=[])
        Image.objects.filter(pk=image.pk).update(leading_tag=TagFactory(image=image, manifest=manifest))
        ProductFactory(namespace=namespace, slug=name, images=[image])

        inside = client.get(f"/acme/{name}").context["inside"]

        assert (inside.shown, inside.platforms, inside.facts, inside.layers, inside.base) == (None, (), None, (), None)


def test_a_seller_is_told_which_values_look_like_secrets_until_no_tag_leads_there(seller_client: Client, image: Image) -> None:
    address = f"/selling/images/{image.pk}/"

    page = text_of(seller_client.get(address))
    assert "Values in this image look like secrets." in page
    assert "the environment variable DB_PASSWORD" in page

    Tag.objects.filter(name="1.0").update(manifest=ManifestFactory(image=image))
    assert "look like secrets" not in text_of(seller_client.get(address))


def test_a_seller_is_told_of_tags_and_of_few_at_a_time(namespace) -> None:
    image = ImageFactory(namespace=namespace)
    for n in range(HIDING_LISTED + 2):
        manifest = ManifestFactory(image=image)
        record_contents(manifest=manifest, contents=Contents(hidden=["the label " + "x" * 200]))
        TagFactory(image=image, manifest=manifest, name=f"1.{n}")

    found = hiding_manifests(image)

    assert [one.tags[0] for one in found] == [f"1.{n}" for n in range(HIDING_LISTED + 1, 1, -1)]
    assert hiding_manifests(ImageFactory()) == []


def test_contents_of_a_manifest_that_is_gone_are_not_recorded(image: Image) -> None:
    manifest = Manifest.objects.get(image=image, kind="index")
    remove_manifest(repository=image.repository, digest=manifest.digest)
    update_leading_tag(image)

    record_contents(manifest=manifest, contents=Contents())

    assert not ManifestContents.objects.filter(manifest=manifest).exists()


def test_contents_say_of_what_they_are(image: Image) -> None:
    contents = ManifestContents.objects.filter(image=image).first()
    assert contents is not None
    assert str(contents) == f"contents of {contents.manifest_id}"
