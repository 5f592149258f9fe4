"""The only place where entitlements are locked."""

from uuid import UUID

from common.db.locking import require_atomic
from marketplace.entitlements.models import Entitlement


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
