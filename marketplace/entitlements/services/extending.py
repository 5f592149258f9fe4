"""What somebody holds grows by an image."""

from uuid import UUID

from django.utils import timezone

from common.db.locking import locked_transaction
from marketplace.entitlements.locks import lock_entitlements_of_holder_and_source
from marketplace.entitlements.models import Entitlement
from marketplace.images.locks import lock_images
from marketplace.images.models import Image


def extend_entitlements(*, holder_id: UUID, source_kind: str, source_id: UUID, image: Image) -> int:
    """Let a holder pull one more image because of a source that they have something from: it ends, is paused and goes on with the rest.

    Returns:
        1 if it was given, 0 if nothing of the source is left, or it was given before, whatever has become of it.

    Raises:
        LockTimeout: somebody else changes them at this moment; nothing was given.
    """
    with locked_transaction():
        (locked,) = lock_images(image_ids=[image.pk])
        held = lock_entitlements_of_holder_and_source(holder_id=holder_id, source_kind=source_kind, source_id=source_id)
        known = Entitlement.objects.filter(holder=holder_id, image=image, source_kind=source_kind, source_id=source_id)
        if not held or locked.freed_at is not None or known.exists():
            return 0
        first, now = held[0], timezone.now()
        paused = first.suspended_at if all(one.suspended_at for one in held) else None
        Image.objects.filter(pk=image.pk, first_sold_at__isnull=True).update(first_sold_at=now)
        Entitlement.objects.create(
            holder_id=holder_id,
            image=image,
            source_kind=source_kind,
            source_id=source_id,
            granted_at=now,
            ends_at=first.ends_at,
            suspended_at=paused,
        )
    return 1
