"""How much one seller may store besides images: products, their texts and their pictures."""

from typing import Final
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext

from marketplace.products.errors import NoMoreRoom
from marketplace.products.models import Product, ProductPicture

PRODUCTS: Final = 200
PICTURES: Final = 400
TEXT_MEGABYTES: Final = 20  # as PostgreSQL stores it, compressed

_MEGABYTE: Final = 1024 * 1024


def require_room_for_product(seller_id: UUID) -> None:
    """Make sure that a seller may have one more product, under the seller's lock.

    Raises:
        NoMoreRoom: they have as many as one seller may have.
    """
    if Product.objects.filter(seller=seller_id).count() >= PRODUCTS:
        raise NoMoreRoom(
            gettext("You have {most} products, which is all one seller may have. Edit one that you no longer need.").format(most=PRODUCTS)
        )


def require_room_for_picture(seller_id: UUID) -> None:
    """Make sure that a seller may have one more picture.

    Raises:
        NoMoreRoom: they have as many as one seller may have.
    """
    if ProductPicture.objects.filter(product__seller=seller_id).count() >= PICTURES:
        raise NoMoreRoom(
            gettext("Your products have {most} pictures, which is all one seller may have. Remove one that you no longer need.").format(
                most=PICTURES
            )
        )


def require_within_limits(seller_id: UUID) -> None:
    """Make sure that a seller who was given products has no more of anything than one seller may have; otherwise the caller rolls back.

    Raises:
        NoMoreRoom: they have.
    """
    products = Product.objects.filter(seller=seller_id).count()
    pictures = ProductPicture.objects.filter(product__seller=seller_id).count()
    if products > PRODUCTS or pictures > PICTURES:
        sentences = gettext(
            "That makes {products} products with {pictures} pictures. "
            "One seller may have {most_products} products and {most_pictures} pictures: remove some first."
        )
        raise NoMoreRoom(sentences.format(products=products, pictures=pictures, most_products=PRODUCTS, most_pictures=PICTURES))
    require_room_for_text(seller_id)


def require_room_for_text(seller_id: UUID) -> None:
    """Make sure that the texts of a seller's products, including those just saved, are not too long; otherwise the caller rolls back.

    Raises:
        NoMoreRoom: together they are.
    """
    with connection.cursor() as cursor:
        # The stored size is read from the headers of the rows; no text is fetched or decompressed.
        cursor.execute(
            "SELECT coalesce(sum(pg_column_size(description) + pg_column_size(description_html) + pg_column_size(licence_text)), 0)"
            " FROM marketplace_product WHERE seller_id = %s",
            [seller_id],
        )
        (size,) = cursor.fetchone()
    if size > TEXT_MEGABYTES * _MEGABYTE:
        raise NoMoreRoom(
            gettext("The texts of your products take {megabytes} MB, which is all one seller may have. Make one shorter.").format(
                megabytes=TEXT_MEGABYTES
            )
        )
