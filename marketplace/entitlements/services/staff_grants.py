"""Staff give pull access to a single image without an order, and take it back."""

from datetime import datetime

from django.utils import timezone

from accounts.people.models import Account, User
from audit.services import record_audit, require_reason
from common.db.locking import locked_transaction
from marketplace.entitlements.errors import EntitlementIsBought, EntitlementIsRevoked, EntitlementIsTried
from marketplace.entitlements.locks import lock_entitlement
from marketplace.entitlements.models import PAID, Entitlement
from marketplace.entitlements.services.grants import grant_entitlements
from marketplace.images.models import Image
from marketplace.images.ownership import require_staff


def give_image(*, image: Image, holder: Account, reason: str, actor: User, ends_at: datetime | None = None) -> Entitlement:
    """Let the holder pull the image. The source is the audit event that says why.

    Args:
        ends_at: until when; None for good.

    Raises:
        NotYours: the actor is not staff.
        ReasonMissing: no reason.
        ImageNameFree: the image's name was freed before.
    """
    require_staff(actor)
    require_reason(reason)
    with locked_transaction():
        event = record_audit(actor=actor, action="image.given", target=image, reason=reason, holder=str(holder.pk), name=holder.name)
        kind = Entitlement.Source.STAFF
        (given,) = grant_entitlements(holder=holder, images=[image], source_kind=kind, source_id=event.pk, ends_at=ends_at)
    return given


def take_back_entitlement(*, entitlement: Entitlement, reason: str, actor: User) -> Entitlement:
    """End one entitlement that cost nothing. The same image from another source is not affected.

    Raises:
        NotYours: the actor is not staff.
        ReasonMissing: no reason.
        EntitlementIsBought: it was paid for, so a refund has to end it.
        EntitlementIsTried: it is of a trial, which staff end as a whole.
        EntitlementIsRevoked: it has ended already.
    """
    require_staff(actor)
    require_reason(reason)
    with locked_transaction():
        locked = lock_entitlement(entitlement_id=entitlement.pk)
        if locked.source_kind in PAID:
            raise EntitlementIsBought
        if locked.source_kind == Entitlement.Source.TRIAL:
            raise EntitlementIsTried
        if locked.revoked_at is not None:
            raise EntitlementIsRevoked
        locked.revoked_at, locked.revocation_reason = timezone.now(), reason[:500]
        locked.save(update_fields=["revoked_at", "revocation_reason"])
        record_audit(actor=actor, action="entitlement.revoked", target=locked, reason=reason)
    return locked
