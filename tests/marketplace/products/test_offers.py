"""Published, visible, offered: three words that are said in one place, of many products and of one."""

import pytest
from django.utils import timezone

from marketplace.images.models import Image, Tag
from marketplace.products.models import Product
from marketplace.products.selectors.offers import current_price, offered_price, with_current_prices
from tests.factories.marketplace import DraftProductFactory, FreeProductFactory, ProductFactory

pytestmark = pytest.mark.django_db

TAKEN_DOWN = {"taken_down_at": timezone.now(), "take_down_reason": "Malware."}


def suspend_seller(product: Product) -> None:
    product.seller.suspended_at, product.seller.suspension_reason = timezone.now(), "Fraud."
    product.seller.save()


# What became of a product, and which of the three words are true of it then.
FATES = {
    "nothing": (lambda product: product.refresh_from_db(), {"published", "visible", "offered"}),
    "withdrawn": (lambda product: Product.objects.filter(pk=product.pk).update(state="withdrawn"), set()),
    "draft": (lambda product: Product.objects.filter(pk=product.pk).update(state="draft"), set()),
    "suspended": (lambda product: Product.objects.filter(pk=product.pk).update(state="suspended", suspension_reason="Wrong."), set()),
    "seller suspended": (suspend_seller, {"published"}),
    "image taken down": (lambda product: product.images.update(**TAKEN_DOWN), {"published", "visible"}),
    "image ended": (
        lambda product: product.images.update(ended_at=timezone.now(), end_kind=Image.End.RELEASED),
        {"published", "visible"},
    ),
    "nothing left to pull": (lambda product: Tag.objects.filter(image__in=product.images.all()).delete(), {"published", "visible"}),
}


@pytest.mark.parametrize("fate", FATES)
def test_each_word_is_narrower_than_the_one_before_and_says_of_one_what_it_says_of_many(fate):
    befall, expected = FATES[fate]
    product = FreeProductFactory()

    befall(product)

    found = Product.objects.get(pk=product.pk)
    true = {word for word in ("published", "visible", "offered") if getattr(Product.objects, word)().filter(pk=product.pk).exists()}
    assert true == expected
    assert found.is_visible == ("visible" in expected)
    assert (offered_price(found) is not None) == ("offered" in expected)


@pytest.mark.parametrize("fate", ["nothing", "image taken down", "image ended"])
def test_an_image_is_usable_or_it_is_not_of_one_as_of_many(fate):
    befall, expected = FATES[fate]
    product = FreeProductFactory()

    befall(product)

    image = product.images.get()
    assert image.is_usable == ("offered" in expected)
    assert Image.objects.usable().filter(pk=image.pk).exists() == image.is_usable
    assert Image.objects.unusable().filter(pk=image.pk).exists() != image.is_usable


def test_the_current_price_is_the_same_whether_it_is_read_with_the_product_or_asked_for(django_assert_num_queries):
    priced, unpriced = ProductFactory(), DraftProductFactory(price=False)
    expected = {priced.pk: priced.prices.get(), unpriced.pk: None}

    with django_assert_num_queries(2):
        read = {product.pk: current_price(product) for product in with_current_prices(Product.objects.all())}

    assert read == expected
    assert {product.pk: current_price(product) for product in Product.objects.all()} == expected
