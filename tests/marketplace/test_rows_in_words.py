"""Rows that the admin lists beside others say what they are."""

from marketplace.covers.models import Cover
from marketplace.credentials.models import CredentialImage
from marketplace.images.models import Image, LayerList
from marketplace.products.models import ProductPicture


def test_rows_beside_an_image_or_a_product_say_of_what_they_are() -> None:
    image = Image(repository="acme/db")

    assert str(Cover(image=image)) == f"cover of {image.pk}"
    assert str(CredentialImage(image=image)) == "acme/db"
    assert str(LayerList(rows=[["a", 1, "RUN"], ["b", 2, "RUN"]])) == "2 layers"
    assert str(ProductPicture(alt="A lighthouse")) == "A lighthouse"
