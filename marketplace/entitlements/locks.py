"""The only place where entitlements are locked."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from common.db.locking import locked
from marketplace.entitlements.models import Entitlement


def lock_entitlements_of_source(*, source_kind: str, source_id: UUID, image_ids: Collection[UUID] | None = None) -> list[Entitlement]:
    """Lock the live entitlements that one source gave, in primary-key order; of these images alone, if there are any named."""
    live = Entitlement.objects.filter(source_kind=source_kind, source_id=source_id, revoked_at__isnull=True)
    if image_ids is not None:
        live = live.filter(image__in=image_ids)
    # Twice: while the first look waits for somebody who extends them, rows come that it does not see.
    list(locked(live.order_by("pk")))
    return list(locked(live.order_by("pk")))


def lock_entitlements_of_holder_and_source(*, holder_id: UUID, source_kind: str, source_id: UUID) -> list[Entitlement]:
    """Lock the live entitlements that one source gave to one holder, in primary-key order."""
    live = Entitlement.objects.filter(holder=holder_id, source_kind=source_kind, source_id=source_id, revoked_at__isnull=True)
    return list(locked(live.order_by("pk")))


def lock_entitlements_of_holder(*, account_id: UUID) -> list[Entitlement]:
    """Lock the live entitlements that one account holds, in primary-key order."""
    live = Entitlement.objects.filter(holder=account_id, revoked_at__isnull=True)
    return list(locked(live.order_by("pk")))


def lock_ended_entitlements(*, now: datetime, most: int) -> list[Entitlement]:
    """Lock some of the live entitlements whose time is over, in primary-key order; those that somebody else has locked are left out."""
    over = Entitlement.objects.live().filter(ends_at__lte=now).values("pk").order_by("ends_at")[:most]
    return list(locked(Entitlement.objects.live().filter(pk__in=over).order_by("pk"), skip_locked=True))


def lock_entitlement(*, entitlement_id: UUID) -> Entitlement:
    """Lock one entitlement for this transaction."""
    return locked(Entitlement.objects.filter(pk=entitlement_id)).get()
