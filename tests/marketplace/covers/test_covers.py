"""Covers in pages: drawn by the worker, once for what they show, and shown without drawing."""

import itertools
import re
from collections.abc import Callable

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.template import Context, Template
from django.test import Client
from django.utils import timezone

from marketplace.covers import tasks
from marketplace.covers.drawing import Drawing, DrawnLayer, draw
from marketplace.covers.selectors import Shape, covers_of_images, covers_of_products
from marketplace.covers.services import draw_cover_of_image, draw_cover_of_product, draw_outdated_covers
from marketplace.images.models import Image, Layer, Manifest
from marketplace.images.services.manifests import (
    LayerDescription,
    ManifestDescription,
    describe_manifest,
    record_push,
    remove_manifest,
    remove_tag,
)
from marketplace.products.models import Product
from marketplace.products.selectors.pages import images_of
from marketplace.products.services.editing import edit_product, set_images
from tests.factories.marketplace import (
    DraftProductFactory,
    ImageFactory,
    LayerListFactory,
    ManifestFactory,
    NamespaceFactory,
    ProductFactory,
    PushedImageFactory,
    TagFactory,
)


def render(template: str, **context: object) -> str:
    return Template("{% load covers %}" + template).render(Context(context))


def layers(*sizes: int) -> list[DrawnLayer]:
    return [DrawnLayer(f"{number:064x}", size) for number, size in enumerate(sizes, start=1)]


def test_a_cover_is_decoration_unless_it_has_a_label() -> None:
    drawing = draw("acme/db", layers(1_000_000))

    assert 'aria-hidden="true"' in render("{% cover d 'cover-s' %}", d=drawing)
    assert 'role="img" aria-label="Cover of &lt;b&gt;"' in render("{% cover d '' l %}", d=drawing, l="Cover of <b>")
    assert 'class="cover cover-s blank"' in render("{% cover d 'cover-s' %}", d=None)


def test_sizes_beside_a_cover_never_overlap() -> None:
    drawing = draw("acme/db", layers(*(30_000_000, 100, 100, 100, 40_000_000)), width=320, height=240)

    heights = [float(y) for y in re.findall(r'<line x1="0" y1="([\d.]+)"', render("{% ticks d %}", d=drawing))]

    assert 0 < len(heights) < 5
    assert all(lower - upper >= 9 for lower, upper in itertools.pairwise(heights))


def test_an_avatar_and_a_scenery_need_no_layers() -> None:
    assert 'viewBox="0 0 60 60"' in render("{% avatar 'mira' %}")
    assert "<path" in render("{% scenery '404' %}")


def cover_of(image: Image, shape: Shape = Shape.CARD) -> Drawing | None:
    return covers_of_images([image.pk], shape).get(image.pk)


@pytest.mark.django_db
def test_a_page_draws_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    product = ProductFactory()
    draw_outdated_covers()
    monkeypatch.setattr("marketplace.covers.services.draw", None)
    monkeypatch.setattr("marketplace.covers.services.merge", None)

    page = client.get(f"/{product.namespace.name}/{product.slug}").content.decode()

    assert product.images.get().cover.wide in page


@pytest.mark.django_db
def test_what_is_not_drawn_yet_has_a_plain_cover(client: Client) -> None:
    product = ProductFactory()

    page = client.get(f"/{product.namespace.name}/{product.slug}").content.decode()

    assert 'class="cover cover-wide blank"' in page
    picture = client.get(f"/covers/{product.namespace.name}/{product.slug}.svg")
    assert (picture["Content-Type"], picture["Cache-Control"]) == ("image/svg+xml", "public, max-age=60")
    assert picture.content.count(b'stroke="#8d8477"') == 4


@pytest.mark.django_db
def test_a_drawing_is_what_its_layers_make() -> None:
    image = PushedImageFactory()
    layers = [DrawnLayer(one.digest[7:23], one.size, own=n > 0) for n, one in enumerate(image.manifests.get().layer_list.layers)]

    assert draw_cover_of_image(image_id=image.pk) == 1

    assert cover_of(image, Shape.TALL) == draw(image.repository, layers, width=320, height=240)
    assert cover_of(image, Shape.MARK) == Drawing(60, 60, draw(image.repository, layers, width=60, height=60, textured=False).body, ())


@pytest.mark.django_db
def test_a_cover_is_drawn_once_for_what_it_shows() -> None:
    image, bundle = PushedImageFactory(), bundle_of(2)
    assert draw_outdated_covers() == 4

    assert draw_outdated_covers() == 0
    assert draw_cover_of_image(image_id=image.pk) == 0
    assert draw_cover_of_product(product_id=bundle.pk) == 0


@pytest.mark.django_db
def test_a_new_release_is_drawn_anew_and_keeps_the_old_face_until_then() -> None:
    image = PushedImageFactory()
    draw_outdated_covers()
    before = cover_of(image)
    release = TagFactory(image=image, name="2.0")
    assert draw_cover_of_image(image_id=image.pk) == 0  # not described yet

    LayerListFactory(manifest=release.manifest)
    assert cover_of(image) == before
    assert draw_cover_of_image(image_id=image.pk) == 1

    assert cover_of(image) != before


def bundle_of(count: int, **fields: object) -> Product:
    namespace = NamespaceFactory()
    return ProductFactory(namespace=namespace, images=[PushedImageFactory(namespace=namespace) for _ in range(count)], **fields)


@pytest.mark.django_db
def test_a_bundle_has_the_layers_of_its_images_and_a_face_of_its_own() -> None:
    bundle = bundle_of(2)
    images = images_of(bundle)

    draw_cover_of_product(product_id=bundle.pk)
    found = covers_of_products({bundle.pk: images}, Shape.TALL)[bundle.pk]

    assert len(found.bands) == 6
    assert found.body != draw(images[0].repository, [band.layer for band in found.bands], width=320, height=240).body
    assert covers_of_images([image.pk for image in images], Shape.TALL) == {}


@pytest.mark.django_db
def test_a_push_to_one_image_draws_its_bundles_too() -> None:
    bundle = bundle_of(2)

    assert draw_cover_of_image(image_id=bundle.images.all()[0].pk) == 2


@pytest.mark.django_db
def test_a_product_of_one_image_has_that_images_cover() -> None:
    product = ProductFactory()

    assert draw_cover_of_product(product_id=product.pk) == 1

    image = product.images.get()
    assert covers_of_products({product.pk: (image,)}, Shape.CARD) == {product.pk: cover_of(image)}


@pytest.mark.django_db
def test_an_index_is_drawn_from_its_first_described_child() -> None:
    image = ImageFactory(first_pushed_at=timezone.now())
    child = LayerListFactory(manifest__image=image).manifest
    index = ManifestFactory(image=image, kind=Manifest.Kind.INDEX, children=["sha256:not-here-yet", child.digest])
    TagFactory(image=image, manifest=index)

    assert draw_outdated_covers() == 1


@pytest.mark.django_db
def test_the_last_tag_takes_the_cover_along() -> None:
    image = PushedImageFactory()
    draw_outdated_covers()

    remove_tag(repository=image.repository, tag="1.0")
    draw_cover_of_image(image_id=image.pk)

    assert cover_of(image) is None


@pytest.mark.django_db
def test_a_task_whose_time_is_over_draws_no_other_cover_and_blames_none(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    image = PushedImageFactory()

    def too_long(*_: object) -> None:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr("marketplace.covers.services._drawings", too_long)
    with pytest.raises(SoftTimeLimitExceeded):
        draw_cover_of_image(image_id=image.pk)

    assert caplog.records == []


@pytest.mark.django_db
def test_one_that_cannot_be_drawn_keeps_no_other_from_its_cover(caplog: pytest.LogCaptureFixture) -> None:
    broken = PushedImageFactory(pushed=[Layer("sha256:not hexadecimal", 1)])
    other = PushedImageFactory()

    assert draw_outdated_covers() == 1

    assert (cover_of(broken) is None, cover_of(other) is None) == (True, False)
    assert caplog.records[0].message == "cover not drawn"


@pytest.mark.django_db
def test_the_work_for_a_bundle_does_not_grow_with_its_layers() -> None:
    small, large = bundle_of(2), bundle_of(2)
    for image in large.images.all():
        layers = tuple(LayerDescription(f"sha256:{n:064x}", n) for n in range(1_000))
        describe_manifest(manifest=image.manifests.get(), description=ManifestDescription(Manifest.Kind.IMAGE, 1, layers=layers))
    draw_outdated_covers()

    assert len(large.cover.bands) == 14
    assert len(large.cover.card) < 3 * len(small.cover.card)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["describe", "retag", "remove tag", "remove manifest", "set images", "slug"])
def test_whatever_changes_a_cover_has_it_drawn(monkeypatch: pytest.MonkeyPatch, act: str) -> None:
    product = DraftProductFactory()
    image, seller = product.images.get(), product.seller.account.user
    manifest = image.manifests.get()
    sent = []
    monkeypatch.setattr("common.ops.queue._send", lambda task, args: sent.append((task, *args)))
    named = {"repository": image.repository}
    acts: dict[str, Callable[[], object]] = {
        "describe": lambda: describe_manifest(manifest=manifest, description=ManifestDescription(Manifest.Kind.IMAGE, 1)),
        "retag": lambda: record_push(**named, digest=manifest.digest, media_type="", size=1, tag="2.0", at=timezone.now()),
        "remove tag": lambda: remove_tag(**named, tag="1.0"),
        "remove manifest": lambda: remove_manifest(**named, digest=manifest.digest),
        "set images": lambda: set_images(product=product, images=[image], actor=seller),
        "slug": lambda: edit_product(product=product, actor=seller, slug="another"),
    }

    acts[act]()

    of_product = act in {"set images", "slug"}
    assert sent == [
        ("marketplace.draw_cover_of_product", str(product.pk)) if of_product else ("marketplace.draw_cover_of_image", str(image.pk))
    ]


@pytest.mark.django_db
def test_the_tasks_draw() -> None:
    image, bundle = PushedImageFactory(), bundle_of(2)

    assert (tasks.draw_cover_of_image(str(image.pk)), tasks.draw_cover_of_product(str(bundle.pk)), tasks.draw_outdated_covers()) == (
        1,
        1,
        2,
    )
