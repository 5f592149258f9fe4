"""The only place where entitlements are locked."""

from uuid import UUID

from common.db.locking import locked
from marketplace.entitlements.models import Entitlement


def lock_entitlements_of_source(*, source_kind: str, source_id: UUID) -> list[Entitlement]:
    """Lock the live entitlements that one source gave, in primary-key order."""
    live = Entitlement.objects.filter(source_kind=source_kind, source_id=source_id, revoked_at__isnull=True)
    return list(locked(live.order_by("pk")))


def lock_entitlements_of_holder(*, account_id: UUID) -> list[Entitlement]:
    """Lock the live entitlements that one account holds, in primary-key order."""
    live = Entitlement.objects.filter(holder=account_id, revoked_at__isnull=True)
    return list(locked(live.order_by("pk")))


def lock_entitlement(*, entitlement_id: UUID) -> Entitlement:
    """Lock one entitlement for this transaction."""
    return locked(Entitlement.objects.filter(pk=entitlement_id)).get()
