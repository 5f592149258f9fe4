"""Entitlements are granted, suspended, resumed and revoked by their source."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.organisations.buying import keep_buyer
from accounts.people.models import Account, User
from accounts.people.selectors import require_verified_email
from audit.services import require_reason
from common.db.locking import locked_transaction
from marketplace.entitlements.errors import OwnProduct, ProductNotFree
from marketplace.entitlements.locks import lock_entitlements_of_source
from marketplace.entitlements.models import Entitlement
from marketplace.images.errors import ImageNameFree
from marketplace.images.locks import lock_images
from marketplace.images.models import Image
from marketplace.products.locks import lock_product_with_images
from marketplace.products.models import Product
from marketplace.products.selectors.offers import require_offered, sells


def grant_entitlements(
    *,
    holder: Account,
    images: Iterable[Image],
    source_kind: Entitlement.Source,
    source_id: UUID,
    ends_at: datetime | None = None,
    sold: bool = True,
) -> list[Entitlement]:
    """Let the holder pull the images because of this source. Granting the same again, even at the same time, changes nothing.

    Args:
        ends_at: until when; None for good. A registry token that was issued before works on for its short life, as after a refund.
        sold: whether the names of the images are never freed from now on, and what was pushed to them is kept.

    Returns:
        The live entitlements of holder, images and source, new or not, in the order of the images' keys.

    Raises:
        ImageNameFree: the name of an image was freed before; nothing is granted.
    """
    with locked_transaction():
        locked = lock_images(image_ids=[image.pk for image in images])
        for image in locked:
            if image.freed_at is not None:
                raise ImageNameFree(repository=image.repository)
        now = timezone.now()
        if sold:
            Image.objects.filter(pk__in=[image.pk for image in locked], first_sold_at__isnull=True).update(first_sold_at=now)
        # The constraint decides what exists already: twenty webhooks at once leave the same rows as one.
        Entitlement.objects.bulk_create(
            [
                Entitlement(holder=holder, image=image, source_kind=source_kind, source_id=source_id, granted_at=now, ends_at=ends_at)
                for image in locked
            ],
            ignore_conflicts=True,
        )
        live = Entitlement.objects.live().filter(holder=holder, image__in=locked, source_kind=source_kind, source_id=source_id)
        return list(live.select_related("image").order_by("image"))


def revoke_entitlements(
    *, source_kind: Entitlement.Source, source_id: UUID, reason: str, image_ids: Collection[UUID] | None = None
) -> list[Entitlement]:
    """End for good what this source granted. The same image from another source is not affected. Safe to repeat.

    Args:
        image_ids: of these images alone; None for all.

    Returns:
        What this call revoked.

    Raises:
        ReasonMissing: no reason.
    """
    require_reason(reason)
    with locked_transaction():
        live = lock_entitlements_of_source(source_kind=source_kind, source_id=source_id, image_ids=image_ids)
        return _change(live, revoked_at=timezone.now(), revocation_reason=reason[:500])


def suspend_entitlements(
    *, source_kind: Entitlement.Source, source_id: UUID, image_ids: Collection[UUID] | None = None
) -> list[Entitlement]:
    """Suspend what this source granted, or of these images alone, while a dispute is open. Return what this call suspended."""
    with locked_transaction():
        live = lock_entitlements_of_source(source_kind=source_kind, source_id=source_id, image_ids=image_ids)
        return _change([entitlement for entitlement in live if entitlement.suspended_at is None], suspended_at=timezone.now())


def resume_entitlements(
    *, source_kind: Entitlement.Source, source_id: UUID, image_ids: Collection[UUID] | None = None, besides: Collection[UUID] = ()
) -> list[Entitlement]:
    """Resume what this source granted, or of these images alone; revoked entitlements stay revoked. Return what this call resumed.

    Args:
        besides: images that stay suspended.
    """
    with locked_transaction():
        live = lock_entitlements_of_source(source_kind=source_kind, source_id=source_id, image_ids=image_ids)
        suspended = [one for one in live if one.suspended_at is not None and one.image_id not in besides]
        return _change(suspended, suspended_at=None)


def obtain_free_product(*, product: Product, user: User, holder: Account | None = None) -> list[Entitlement]:
    """Put a free product into a library for good, even if it gets a price later. Repeated, it returns the same entitlements.

    Args:
        holder: whose library; the user's own by default. Whoever may spend an organisation's money may get free products for it.

    Raises:
        EmailNotVerified: the user has no verified address.
        NoSuchOrganisation, RoleDoesNotBuy: the user may not buy for the holder, or no longer.
        OwnProduct: the user acts for the seller.
        ProductNotOffered: it is not published, its seller is suspended, or an image in it cannot be sold or pulled.
        ProductNotFree: it has a price.
    """
    require_verified_email(user)
    holder = holder or user.account
    if sells(user, product):
        raise OwnProduct
    with locked_transaction():
        keep_buyer(user=user, account=holder)
        locked, images = lock_product_with_images(product_id=product.pk)
        if require_offered(locked).amount:
            raise ProductNotFree
        return grant_entitlements(holder=holder, images=images, source_kind=Entitlement.Source.FREE, source_id=locked.pk)


def _change(entitlements: list[Entitlement], **values: object) -> list[Entitlement]:
    for entitlement in entitlements:
        for name, value in values.items():
            setattr(entitlement, name, value)
    Entitlement.objects.bulk_update(entitlements, list(values))
    return entitlements
