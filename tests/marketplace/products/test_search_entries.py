"""What the search reads of a product follows the product, and everything else that it depends on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.orders.models import Order
from billing.orders.services import add_up_sales
from marketplace.images.models import Image, Manifest, Tag
from marketplace.products.models import Price, Product, SearchEntry
from marketplace.products.selectors.licences import licence_named
from marketplace.products.services.search_entries import index_product, refresh_search_entries, write_missing_entries, write_sales
from tests.factories.billing import OrderFactory, PaidOrderFactory
from tests.factories.marketplace import DraftProductFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("", "unnamed"),
        ("  ", "unnamed"),
        ("MIT", "permissive"),
        ("The MIT License", "permissive"),
        ("Apache-2.0", "permissive"),
        ("3-Clause BSD", "permissive"),
        ("GPL-3.0-or-later", "copyleft"),
        ("GNU Affero", "copyleft"),
        ("Mozilla Public License", "copyleft"),
        ("BUSL-1.1", "source-available"),
        ("SSPL", "source-available"),
        ("Acme EULA", "other"),
    ],
)
def test_a_named_licence_is_of_a_kind(name: str, kind: str) -> None:
    assert licence_named(name) == kind


def test_an_entry_is_there_for_as_long_as_the_product_is_offered() -> None:
    product = ProductFactory()
    assert SearchEntry.objects.filter(pk=product.pk).exists()

    Product.objects.update(state=Product.State.WITHDRAWN)
    index_product(product)
    assert not SearchEntry.objects.exists()

    index_product(DraftProductFactory())
    assert not SearchEntry.objects.exists()


def test_a_product_without_a_price_has_no_entry() -> None:
    product = ProductFactory()
    Price.objects.update(retired_at=timezone.now())

    index_product(product)
    assert not SearchEntry.objects.exists()
    assert refresh_search_entries() == 0


def test_pushes_pulls_and_acts_of_staff_are_followed() -> None:
    product = ProductFactory()
    later = timezone.now() + timedelta(days=3)
    Manifest.objects.update(platforms=["linux/arm64", "linux/s390x"], size=60_000_000)
    Tag.objects.update(pushed_at=later)
    Image.objects.update(pull_count=7)

    assert refresh_search_entries() == 0
    entry = SearchEntry.objects.get()
    assert (entry.platforms, entry.size, entry.pulls, entry.changed_at) == (2, 1, 7, later)

    Image.objects.update(taken_down_at=timezone.now(), take_down_reason="Malware.")
    assert refresh_search_entries() == 1
    assert not SearchEntry.objects.exists()

    Image.objects.update(taken_down_at=None, take_down_reason="")
    assert refresh_search_entries() == 1
    assert SearchEntry.objects.get().product == product
    assert SearchEntry.objects.get().pulls == 7


def test_what_is_missing_is_made_in_parts() -> None:
    for _ in range(3):
        ProductFactory()
    SearchEntry.objects.all().delete()

    assert write_missing_entries(most=2) == 2
    assert write_missing_entries(most=2) == 1
    assert write_missing_entries(most=2) == 0
    assert SearchEntry.objects.count() == 3


def test_what_the_version_before_has_saved_is_read_again() -> None:
    product = ProductFactory(title="Cache")
    Product.objects.update(title="Warehouse", updated_at=timezone.now())

    assert refresh_search_entries() == 1
    assert SearchEntry.objects.get().called[0] == "warehouse"
    assert SearchEntry.objects.get().indexed_at == Product.objects.get().updated_at
    assert refresh_search_entries() == 0
    assert product.pk == SearchEntry.objects.get().pk


def test_a_product_whose_image_was_emptied_is_found_again_once_something_is_pushed() -> None:
    image = ProductFactory().images.get()
    tag = image.leading_tag
    Image.objects.update(leading_tag=None)
    refresh_search_entries()
    assert not SearchEntry.objects.exists()

    Image.objects.update(leading_tag=tag)
    refresh_search_entries()

    assert SearchEntry.objects.exists()


def test_sales_that_were_kept_are_counted() -> None:
    product = ProductFactory()
    PaidOrderFactory(product=product)
    PaidOrderFactory(product=product)
    OrderFactory(product=product)
    Order.objects.filter(pk=PaidOrderFactory(product=product).pk).update(state=Order.State.REFUNDED)

    assert add_up_sales() == 1
    assert SearchEntry.objects.get().sales == 2
    assert add_up_sales() == 0

    assert write_sales(sales={}) == 1
    assert SearchEntry.objects.get().sales == 0
