"""What sellers and staff do with products. Locks are taken in `marketplace.locks`' order: images, then the product."""

from marketplace.services.products.editing import create_product, edit_product, set_images
from marketplace.services.products.moves import (
    MOVES,
    publish_product,
    reinstate_product,
    suspend_product,
    withdraw_product,
)
from marketplace.services.products.prices import set_price

__all__ = [
    "MOVES",
    "create_product",
    "edit_product",
    "publish_product",
    "reinstate_product",
    "set_images",
    "set_price",
    "suspend_product",
    "withdraw_product",
]
