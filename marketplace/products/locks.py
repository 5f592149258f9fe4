"""The only place where products are locked."""

from collections.abc import Iterable
from uuid import UUID

from common.db.errors import LockTimeout
from common.db.locking import locked
from marketplace.images.locks import lock_images
from marketplace.images.models import Image
from marketplace.products.models import Product, ProductImage


def lock_product(*, product_id: UUID) -> Product:
    """Lock the product for this transaction. Whoever changes its state, its images or its price must hold this lock."""
    return locked(Product.objects.filter(pk=product_id)).get()


def lock_products(*, namespace_id: UUID) -> list[Product]:
    """Lock the products of a namespace, in primary-key order."""
    return list(locked(Product.objects.filter(namespace=namespace_id).only("pk").order_by("pk")))


def lock_product_with_images(*, product_id: UUID, also: Iterable[UUID] = ()) -> tuple[Product, list[Image]]:
    """Lock the images of a product, and others that are about to be added, then the product itself.

    Raises:
        LockTimeout: its images changed while we waited for them; retryable.
    """
    parts = ProductImage.objects.filter(product=product_id).values_list("image_id", flat=True)
    before = set(parts.all())
    images = lock_images(image_ids={*before, *also})
    product = lock_product(product_id=product_id)
    # Images come before products in the lock order, so they were read without the product's lock. Now they are read again under it.
    if set(parts.all()) != before:
        raise LockTimeout
    return product, images
