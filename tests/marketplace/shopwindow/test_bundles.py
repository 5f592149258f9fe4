"""What a bundle saves is said where it is true, in the currency that is shown."""

from typing import Any

import pytest
from django.test import Client

from common.money import Money
from marketplace.images.models import Image
from marketplace.products.models import Price, Product
from marketplace.products.selectors.pages import product_url
from marketplace.shopwindow.bundles import OneByOne, one_by_one
from tests.factories.marketplace import (
    DraftProductFactory,
    FreeProductFactory,
    NamespaceFactory,
    PriceFactory,
    ProductFactory,
    PushedImageFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def images(db: None) -> list[Image]:
    namespace = NamespaceFactory()
    return [PushedImageFactory(namespace=namespace) for _ in range(2)]


@pytest.fixture
def bundle(images: list[Image]) -> Product:
    """Two images for €8.00."""
    product: Product = ProductFactory(namespace=images[0].namespace, images=images, price__amount=800)
    return product


def alone(image: Image, factory: Any = ProductFactory, **terms: Any) -> Product:
    product: Product = factory(namespace=image.namespace, images=[image], **terms)
    return product


def compared(bundle: Product) -> OneByOne | None:
    return one_by_one(bundle.prices.get(), list(bundle.images.all()))


def page(product: Product) -> str:
    return Client().get(product_url(product)).content.decode()


def test_a_bundle_says_what_its_images_cost_one_by_one_and_what_it_saves(bundle: Product, images: list[Image]) -> None:
    alone(images[0], price__amount=600)
    alone(images[0])  # cheaper
    alone(images[1])

    assert compared(bundle) == OneByOne(2, 2, Money(1_000, "eur"), Money(200, "eur"))
    assert "Its images cost €10.00 one by one: together you save €2.00." in page(bundle)


def test_a_bundle_of_which_only_a_part_is_sold_alone_says_no_more_than_that(bundle: Product, images: list[Image]) -> None:
    alone(images[0], price__amount=2_000)

    assert compared(bundle) == OneByOne(1, 2, Money(2_000, "eur"), None)
    assert "1 of its 2 images are sold alone too, for €20.00." in page(bundle)


@pytest.mark.parametrize("least", [300, 400], ids=["dearer", "the same"])
def test_a_bundle_that_saves_nothing_says_nothing(bundle: Product, images: list[Image], least: int) -> None:
    for image in images:
        alone(image, price__amount=least)

    assert compared(bundle) == OneByOne(2, 2, Money(2 * least, "eur"), None)
    assert "one by one" not in page(bundle)
    assert "sold alone" not in page(bundle)


NOT_COMPARED: dict[str, dict[str, Any]] = {
    "in another currency": {"price__currency": "usd"},
    "by the month": {"price__interval": "month"},
    "the buyer decides": {"price__kind": "pwyw"},
    "a draft": {"factory": DraftProductFactory},
}


@pytest.mark.parametrize("what", NOT_COMPARED)
def test_what_is_not_sold_alone_for_a_fixed_amount_in_this_currency_is_not_compared(
    bundle: Product, images: list[Image], what: str
) -> None:
    alone(images[0], **NOT_COMPARED[what])

    assert compared(bundle) is None


def test_an_image_that_is_free_alone_costs_nothing(bundle: Product, images: list[Image]) -> None:
    alone(images[0], FreeProductFactory)
    alone(images[1])

    assert compared(bundle) == OneByOne(2, 2, Money(500, "eur"), None)


@pytest.mark.parametrize("terms", [{"interval": "year"}, {"kind": "pwyw"}, {"amount": 0}], ids=["by the year", "buyer decides", "free"])
def test_what_has_no_single_fixed_price_is_not_compared(bundle: Product, images: list[Image], terms: dict[str, Any]) -> None:
    for image in images:
        alone(image)
    price: Price = PriceFactory.build(product=bundle, **({"amount": 800} | terms))

    assert one_by_one(price, images) is None
    assert one_by_one(None, images) is None
    assert one_by_one(bundle.prices.get(), images[:1]) is None
