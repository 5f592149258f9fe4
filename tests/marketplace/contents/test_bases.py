"""Which public image another one is built on: by the digests of its layers, all of them."""

import pytest

from marketplace.contents import tasks
from marketplace.contents.models import KnownBase
from marketplace.contents.selectors.bases import Base, base_of
from marketplace.contents.services import note_known_bases
from marketplace.images.models import Image, Layer
from marketplace.products.models import Product
from tests.factories.marketplace import (
    FreeProductFactory,
    LayerListFactory,
    ManifestFactory,
    ProductFactory,
    PushedImageFactory,
    TagFactory,
    layer,
)

pytestmark = pytest.mark.django_db
BOTTOM, LOWER, OWN = layer("bottom", 5_000), layer("lower", 2_000), layer("own", 100)


def pushed(namespace: object, name: str, *layers: Layer) -> Image:
    image: Image = PushedImageFactory(namespace=namespace, name=name, pushed=list(layers))
    return image


def free(image: Image) -> Product:
    product: Product = FreeProductFactory(namespace=image.namespace, slug=f"{image.name}-page", images=[image])
    return product


@pytest.fixture
def base(namespace) -> Image:
    image = pushed(namespace, "base", BOTTOM, LOWER)
    free(image)
    return image


@pytest.fixture
def own() -> Image:
    image: Image = PushedImageFactory(pushed=[BOTTOM, LOWER, OWN])
    return image


def test_an_image_is_built_on_the_free_one_whose_layers_are_its_lowest(base: Image, own: Image) -> None:
    assert tasks.note_known_bases() == 1

    assert base_of(own, [BOTTOM, LOWER, OWN]) == Base(
        "acme/base", "1.0", base.manifests.get().digest, layers=2, size=7_000, namespace="acme", slug="base-page"
    )


def test_the_base_with_the_most_layers_is_named(base: Image, own: Image, namespace) -> None:
    free(pushed(namespace, "bottom", BOTTOM))
    note_known_bases()

    found = base_of(own, [BOTTOM, LOWER, OWN])

    assert found is not None
    assert found.repository == "acme/base"


@pytest.mark.parametrize(
    "layers",
    [
        pytest.param([BOTTOM, OWN], id="only some of its layers"),
        pytest.param([LOWER, BOTTOM, OWN], id="another order"),
        pytest.param([BOTTOM, LOWER], id="the same image"),
        pytest.param([OWN, BOTTOM, LOWER], id="its layers on top"),
        pytest.param([BOTTOM, LOWER._replace(merged=2), OWN], id="layers that share a row"),
        pytest.param([], id="none"),
    ],
)
def test_whatever_lacks_one_of_its_layers_is_not_built_on_it(base: Image, own: Image, layers: list[Layer]) -> None:
    note_known_bases()

    assert base_of(own, layers) is None


def test_an_image_is_not_its_own_base(base: Image) -> None:
    note_known_bases()

    assert base_of(base, [BOTTOM, LOWER, OWN]) is None


def test_what_is_for_sale_or_not_published_is_no_base(own: Image, namespace) -> None:
    ProductFactory(namespace=namespace, images=[pushed(namespace, "sold", BOTTOM, LOWER)])
    pushed(namespace, "reserved", BOTTOM)

    assert note_known_bases() == 0


def test_a_base_that_is_not_free_any_more_is_named_no_longer_and_another_takes_its_place(base: Image, own: Image, namespace) -> None:
    note_known_bases()
    twin = pushed(namespace, "twin", BOTTOM, LOWER)
    free(twin)
    note_known_bases()
    assert KnownBase.objects.get().manifest.image == base  # the first one

    Product.objects.filter(images=base).update(state="withdrawn")
    assert base_of(own, [BOTTOM, LOWER, OWN]) is None

    note_known_bases()
    found = base_of(own, [BOTTOM, LOWER, OWN])
    assert found is not None
    assert found.repository == "acme/twin"


def test_a_base_that_was_pushed_first_is_the_one_that_is_named(namespace) -> None:
    image = pushed(namespace, "base", BOTTOM)
    again = ManifestFactory(image=image)
    TagFactory(image=image, name="2.0", manifest=again)
    LayerListFactory(manifest=again, layers=[BOTTOM])
    free(image)

    assert note_known_bases() == 1
    assert KnownBase.objects.get().tag == "1.0"


def test_each_platform_of_a_free_index_is_a_base_and_what_has_too_many_layers_is_none(namespace, own: Image) -> None:
    image = PushedImageFactory(namespace=namespace, pushed=[BOTTOM._replace(merged=2), LOWER])
    child, stray = ManifestFactory(image=image), ManifestFactory(image=image, kind="artifact")
    LayerListFactory(manifest=child, layers=[BOTTOM])
    TagFactory(image=image, name="2.0", manifest=ManifestFactory(image=image, kind="index", children=[child.digest, stray.digest]))
    other = PushedImageFactory(namespace=namespace)
    ManifestFactory(image=other, digest=child.digest)  # named by no index of its own image
    free(image)
    free(other)

    note_known_bases()

    found = base_of(own, [BOTTOM, OWN])
    assert found is not None
    assert (found.reference, found.digest) == (f"{image.reference}:2.0", child.digest)
    assert str(KnownBase.objects.get(manifest=child)) == "1 layers of 2.0"
