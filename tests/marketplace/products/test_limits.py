"""What one seller may store is bounded, and nothing of what is refused stays."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from marketplace.products.errors import NoMoreRoom
from marketplace.products.models import Product, ProductPicture
from marketplace.products.services import limits
from marketplace.products.services.editing import create_product, edit_product
from marketplace.products.services.pictures import add_picture
from tests.factories.marketplace import DraftProductFactory

pytestmark = pytest.mark.django_db


def picture() -> SimpleUploadedFile:
    out = BytesIO()
    Image.new("RGB", (4, 3), "red").save(out, format="PNG")
    return SimpleUploadedFile("red.png", out.getvalue())


def test_products_are_counted(monkeypatch):
    product = DraftProductFactory()
    owner = product.seller.account.user
    monkeypatch.setattr(limits, "PRODUCTS", 1)

    with pytest.raises(NoMoreRoom):
        create_product(seller=product.seller, namespace=product.namespace, actor=owner, images=[], title="More", slug="more")

    assert Product.objects.count() == 1


def test_texts_are_counted_together(monkeypatch):
    product = DraftProductFactory(description="Short.")
    monkeypatch.setattr(limits, "_MEGABYTE", 100)
    monkeypatch.setattr(limits, "TEXT_MEGABYTES", 1)

    with pytest.raises(NoMoreRoom):
        edit_product(product=product, actor=product.seller.account.user, description=" ".join(str(number) for number in range(200)))

    product.refresh_from_db()
    assert product.description == "Short."


def test_pictures_are_counted_over_all_products(monkeypatch):
    product = DraftProductFactory()
    owner = product.seller.account.user
    monkeypatch.setattr(limits, "PICTURES", 1)
    add_picture(product=product, upload=picture(), alt="One.", actor=owner)
    other = DraftProductFactory(namespace=product.namespace)

    with pytest.raises(NoMoreRoom):
        add_picture(product=other, upload=picture(), alt="Two.", actor=owner)

    assert ProductPicture.objects.count() == 1
