"""The only place where rows of this app are locked.

Order: Membership, SellerProfile (accounts.locks) → Namespace → Image → Product → Price → Entitlement; several of a kind in primary-key
order. FOR NO KEY UPDATE, as in accounts.locks: a foreign key to a locked row is written without waiting for it.
"""

from collections.abc import Iterable
from uuid import UUID

from common.db.locking import require_atomic
from common.errors import LockTimeout
from marketplace.models import Entitlement, Image, Namespace, Product, ProductImage


def lock_namespace(*, namespace_id: UUID) -> Namespace:
    """Lock the namespace for this transaction: whoever counts or adds its images holds it."""
    require_atomic()
    return Namespace.objects.select_for_update(of=("self",), no_key=True).get(pk=namespace_id)


def lock_image(*, image_id: UUID) -> Image:
    """Lock the image for this transaction: whoever changes its life, its manifests or its tags holds it."""
    require_atomic()
    return Image.objects.select_for_update(of=("self",), no_key=True).get(pk=image_id)


def lock_images(*, image_ids: Iterable[UUID]) -> list[Image]:
    """Lock several images, in primary-key order."""
    require_atomic()
    return list(Image.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=set(image_ids)).order_by("pk"))


def lock_occupant(*, repository: str) -> Image | None:
    """Lock the image that the registry knows by this name, if somebody holds the name."""
    require_atomic()
    return Image.objects.select_for_update(of=("self",), no_key=True).filter(repository=repository, freed_at__isnull=True).first()


def lock_product(*, product_id: UUID) -> Product:
    """Lock the product for this transaction: whoever changes its state, its images or its price holds it."""
    require_atomic()
    return Product.objects.select_for_update(of=("self",), no_key=True).get(pk=product_id)


def lock_product_with_images(*, product_id: UUID, also: Iterable[UUID] = ()) -> tuple[Product, list[Image]]:
    """Lock the images of a product (and others that shall come in), then the product itself.

    Raises:
        LockTimeout: its images changed while we waited for them; retryable.
    """
    parts = ProductImage.objects.filter(product=product_id).values_list("image_id", flat=True)
    before = set(parts.all())
    images = lock_images(image_ids={*before, *also})
    product = lock_product(product_id=product_id)
    # Images come before products in the order, so they were read without the product's lock: read again under it.
    if set(parts.all()) != before:
        raise LockTimeout
    return product, images


def lock_entitlements_of_source(*, source_kind: str, source_id: UUID) -> list[Entitlement]:
    """Lock the live entitlements that one source gave, in primary-key order."""
    require_atomic()
    live = Entitlement.objects.filter(source_kind=source_kind, source_id=source_id, revoked_at__isnull=True)
    return list(live.select_for_update(of=("self",), no_key=True).order_by("pk"))


def lock_entitlements_of_holder(*, account_id: UUID) -> list[Entitlement]:
    """Lock the live entitlements that one account holds, in primary-key order."""
    require_atomic()
    live = Entitlement.objects.filter(holder=account_id, revoked_at__isnull=True)
    return list(live.select_for_update(of=("self",), no_key=True).order_by("pk"))


def lock_entitlement(*, entitlement_id: UUID) -> Entitlement:
    """Lock one entitlement for this transaction."""
    require_atomic()
    return Entitlement.objects.select_for_update(of=("self",), no_key=True).get(pk=entitlement_id)
