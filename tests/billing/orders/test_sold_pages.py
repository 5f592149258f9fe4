"""What a product's page said at each sale is kept once for the same words."""

import pytest

from billing.orders.models import SoldPage
from billing.orders.sold_pages import keep_page
from marketplace.products.models import Product
from tests.factories.marketplace import ProductFactory

pytestmark = pytest.mark.django_db


def test_the_same_words_are_one_row_and_other_words_another() -> None:
    product: Product = ProductFactory(description="Fails over.", licence_text="One server.")

    first, again = keep_page(product), keep_page(product)
    product.licence_text = "Two servers."
    changed = keep_page(product)

    assert first == again != changed
    assert {row.pk: row.licence_text for row in SoldPage.objects.all()} == {first: "One server.", changed: "Two servers."}
    assert str(SoldPage.objects.get(pk=first)) == first[:12]
