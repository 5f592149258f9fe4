"""Who owns what, and who may act for the owner."""

from uuid import UUID

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from marketplace.images.errors import NotYours, SellerIsSuspended


def owns(actor: User, owner_id: UUID) -> bool:
    """Whether the actor acts for the account that owns something."""
    return actor.account.pk == owner_id


def require_owner(actor: User, owner_id: UUID) -> None:
    """Make sure that the actor acts for the owner.

    Raises:
        NotYours: they do not.
    """
    if not owns(actor, owner_id):
        raise NotYours


def require_owner_or_staff(actor: User, owner_id: UUID) -> None:
    """Make sure that the actor acts for the owner, or is staff.

    Raises:
        NotYours: they are neither.
    """
    if not (actor.is_staff or owns(actor, owner_id)):
        raise NotYours


def require_staff(actor: User) -> None:
    """Make sure that the actor is staff.

    Raises:
        NotYours: they are not.
    """
    if not actor.is_staff:
        raise NotYours


def require_seller_in_good_standing(account_id: UUID) -> None:
    """Make sure that the seller is not suspended at this moment.

    Raises:
        SellerIsSuspended: they are.
    """
    if SellerProfile.objects.filter(pk=account_id, suspended_at__isnull=False).exists():
        raise SellerIsSuspended
