"""A gift ends with what paid for it, or when its seller takes it back."""

from uuid import UUID

from django.utils import timezone

from accounts.organisations.models import MANAGING_ROLES
from accounts.organisations.selectors import people_of
from accounts.people.models import User
from accounts.tokens.lifetimes import pull_ends_after_minutes
from audit.services import record_audit, require_reason
from common.db.locking import locked_transaction
from marketplace.entitlements.errors import EntitlementIsBought
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.services.grants import revoke_entitlements
from marketplace.entitlements.services.staff_grants import take_back_entitlement
from marketplace.gifts.errors import GiftClosed
from marketplace.gifts.locks import lock_gift, lock_gift_of_source
from marketplace.gifts.models import Gift
from marketplace.gifts.selectors import images_left
from marketplace.images.ownership import require_owner_or_staff
from outbox.mail.services import queue_mail


def revoke_gift(*, gift: Gift, reason: str, actor: User) -> Gift:
    """Take back what a seller gave: its link no longer works, and whoever claimed it can no longer pull because of it.

    Raises:
        NotYours, RoleNotEnough: the actor neither decides for the seller nor is staff.
        ReasonMissing: no reason.
        EntitlementIsBought: it was paid for; a refund ends it.
        GiftClosed: it was taken back already.
    """
    require_owner_or_staff(actor, gift.giver_id)
    require_reason(reason)
    if gift.source_kind == Gift.Source.ORDER:
        raise EntitlementIsBought
    with locked_transaction():
        current = lock_gift(gift_id=gift.pk)
        if current.revoked_at is not None:
            raise GiftClosed(current.why_closed)
        _end(current, reason)
        revoke_entitlements(source_kind=Entitlement.Source.SELLER, source_id=current.source_id, reason=reason)
        record_audit(actor=actor, action="gift.revoked", target=current, reason=reason)
    return current


def take_back_image(*, entitlement: Entitlement, reason: str, actor: User) -> Entitlement:
    """End one entitlement that cost nothing, as `take_back_entitlement` does, and say so at the gift that it is of.

    A gift of which something is left is reduced; with its last image it ends as a whole, and whoever has it is told.

    Raises:
        NotYours, ReasonMissing, EntitlementIsBought, EntitlementIsTried, EntitlementIsRevoked: as there.
    """
    with locked_transaction():
        given = Gift.Source.SELLER if entitlement.source_kind == Entitlement.Source.SELLER else None
        gift = lock_gift_of_source(source_kind=given, source_id=entitlement.source_id) if given else None
        taken = take_back_entitlement(entitlement=entitlement, reason=reason, actor=actor)
        if gift is not None:
            _note_taken(gift, reason, actor)
    return taken


def _note_taken(gift: Gift, reason: str, actor: User) -> None:
    if not images_left(gift).exists():
        _end(gift, reason)
        record_audit(actor=actor, action="gift.revoked", target=gift, reason=reason)
        return
    gift.reduced_at = timezone.now()
    gift.save(update_fields=["reduced_at"])
    record_audit(actor=actor, action="gift.reduced", target=gift, reason=reason)


def end_gift_of_order(*, order_id: UUID, reason: str) -> None:
    """End the gift that the order paid for, if it is one, because the money went back. The caller revokes what the order granted."""
    gift = lock_gift_of_source(source_kind=Gift.Source.ORDER, source_id=order_id)
    if gift is not None and gift.revoked_at is None:
        _end(gift, reason)


def suspend_gift_of_order(*, order_id: UUID) -> None:
    """Let the link of the order's gift not be claimed while its payment is disputed, or being given back."""
    _suspend(order_id, suspended=True)


def resume_gift_of_order(*, order_id: UUID) -> None:
    """Let it be claimed again."""
    _suspend(order_id, suspended=False)


def _suspend(order_id: UUID, *, suspended: bool) -> None:
    gift = lock_gift_of_source(source_kind=Gift.Source.ORDER, source_id=order_id)
    if gift is not None:
        gift.suspended_at = timezone.now() if suspended else None
        gift.save(update_fields=["suspended_at"])


def _end(gift: Gift, reason: str) -> None:
    """End the gift and tell whoever has it."""
    gift.revoked_at, gift.revocation_reason = timezone.now(), reason[:500]
    gift.save(update_fields=["revoked_at", "revocation_reason"])
    for reader in people_of(gift.holder, roles=MANAGING_ROLES) if gift.holder else ():
        context = {"gift": gift, "reason": reason, "pull_ends_after": pull_ends_after_minutes()}
        queue_mail(to=reader.email, template="gift_ended", context=context, key=f"gift-ended:{gift.pk}:{reader.pk}")
