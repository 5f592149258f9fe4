"""What a page lists of images: all of one, the newest tags of several and few rows of layers; the rest is a link away."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from marketplace.covers.layer_rows import SUMMARY
from marketplace.covers.models import Cover
from marketplace.covers.selectors import drawn_layers
from marketplace.covers.services import draw_outdated_covers
from marketplace.images.models import Image, Namespace, Tag
from marketplace.images.services.leading_tags import update_leading_tag
from marketplace.shopwindow.details import BRIEF_TAGS, ImageDetail
from tests.factories.marketplace import ManifestFactory, ProductFactory, PushedImageFactory, layer
from tests.support.pages import assert_sound

pytestmark = pytest.mark.django_db

LAYERS, TAGS = 40, 30


def large_image(namespace: Namespace, name: str) -> Image:
    pushed = [layer(f"{name} {n}", 1_000 * (n + 1), f"RUN step {n}") for n in range(LAYERS)]
    image = PushedImageFactory(namespace=namespace, name=name, pushed=pushed)
    Tag.objects.bulk_create(
        Tag(image=image, name=f"t{n}", manifest=ManifestFactory(image=image), pushed_at=timezone.now()) for n in range(TAGS)
    )
    update_leading_tag(image)
    return image


@pytest.fixture
def bundle(namespace: Namespace) -> list[Image]:
    images = [large_image(namespace, name) for name in ("one", "two")]
    ProductFactory(namespace=namespace, slug="both", images=images)
    return images


def details_of(client: Client, address: str, name: str = "details") -> list[ImageDetail]:
    response = client.get(address)
    assert_sound(response)
    found: list[ImageDetail] = response.context[name]
    return found


def names_of(detail: ImageDetail) -> list[str]:
    return [row.name for row in detail.rows]


def test_a_bundle_lists_the_newest_tags_and_the_leading_one_of_each_image(client: Client, bundle: list[Image]) -> None:
    for detail in details_of(client, "/acme/both"):
        newest = [tag.name for tag in detail.image.tags.order_by("-pushed_at", "name")[:BRIEF_TAGS]]
        assert names_of(detail) == [*newest, "1.0"]


def test_a_bundles_page_builds_the_layers_that_were_merged_when_the_cover_was_drawn(client: Client, bundle: list[Image]) -> None:
    draw_outdated_covers()

    with CaptureQueriesContext(connection) as queries:
        details = details_of(client, "/acme/both")

    assert [len(detail.layers) for detail in details] == [SUMMARY, SUMMARY]
    assert [detail.layer_count for detail in details] == [LAYERS, LAYERS]
    assert [detail.size for detail in details] == [sum(1_000 * (n + 1) for n in range(LAYERS))] * 2
    assert all("marketplace_layerlist" not in query["sql"] for query in queries.captured_queries)
    for detail in details:
        bands = {band[3] for band in Cover.objects.get(image=detail.image).bands}
        assert {row.fill for row in detail.layers} <= bands
        assert [row.own for row in detail.layers] == [one.own for one in drawn_layers([row.layer for row in detail.layers])][::-1]


def test_a_cover_that_was_drawn_before_layers_were_kept_with_it_is_drawn_again_and_shows_the_same_meanwhile(
    client: Client, bundle: list[Image]
) -> None:
    draw_outdated_covers()
    expected = [detail.layers for detail in details_of(client, "/acme/both")]
    Cover.objects.update(layers=None, source_hash="of the version before")

    assert [detail.layers for detail in details_of(client, "/acme/both")] == expected

    draw_outdated_covers()

    assert Cover.objects.filter(image__in=bundle, layers__isnull=False).count() == 2
    assert [detail.layers for detail in details_of(client, "/acme/both")] == expected


def test_the_more_images_a_bundle_has_the_fewer_rows_it_lists_of_each(client: Client, namespace: Namespace) -> None:
    many = [large_image(namespace, f"image-{n}") for n in range(16)]
    ProductFactory(namespace=namespace, slug="many", images=many)
    draw_outdated_covers()

    details = details_of(client, "/acme/many")

    assert sum(len(detail.layers) for detail in details) == 64
    assert sum(len(detail.rows) for detail in details) == 48 + 16  # and the leading tags


def test_what_a_bundle_leaves_out_of_an_image_is_one_link_away(client: Client, bundle: list[Image]) -> None:
    draw_outdated_covers()
    html = client.get("/acme/both").content.decode()
    assert '<a href="?image=acme%2Ftwo#tags">' in html
    assert '<a href="?image=acme%2Ftwo#layers">' in html

    (shown,) = details_of(client, "/acme/both?image=acme%2Ftwo", "shown")

    assert (shown.image, len(shown.rows), len(shown.layers)) == (bundle[1], TAGS + 1, LAYERS)
    response = client.get("/acme/both?image=acme%2Ftwo")
    assert response.context["facts"] == client.get("/acme/both").context["facts"]
    assert '<a href="/acme/both#tags">Tags of all 2 images</a>' in response.content.decode()
    assert "?image=acme%2Ftwo#" not in response.content.decode()


def test_a_bundle_of_small_images_leaves_nothing_out(client: Client, namespace: Namespace) -> None:
    images = [PushedImageFactory(namespace=namespace) for _ in range(3)]
    ProductFactory(namespace=namespace, slug="small", images=images)
    draw_outdated_covers()

    html = client.get("/acme/small").content.decode()

    assert "More tags of" not in html
    assert "More of its" not in html
    assert [row.layer for detail in details_of(client, "/acme/small") for row in detail.layers] == [
        one for image in images for one in image.manifests.get().layer_list.layers[::-1]
    ]


@pytest.mark.parametrize("query", ["image=acme%2Fthree", "image=", "image=two", "other=1"])
def test_an_image_that_is_not_in_the_bundle_is_not_chosen(client: Client, bundle: list[Image], query: str) -> None:
    response = client.get(f"/acme/both?{query}")

    assert response.context["chosen"] is None
    assert response.context["shown"] == response.context["details"]


def test_a_page_of_one_image_is_always_in_full(client: Client, namespace: Namespace) -> None:
    ProductFactory(namespace=namespace, slug="alone", images=[large_image(namespace, "alone")])
    draw_outdated_covers()

    for address in ("/acme/alone", "/acme/alone?image=acme%2Falone"):
        (shown,) = details_of(client, address, "shown")
        assert (len(shown.rows), len(shown.layers)) == (TAGS + 1, LAYERS)
