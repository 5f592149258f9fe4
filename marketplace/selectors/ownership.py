"""Whose things are whose."""

from collections.abc import Collection
from uuid import UUID

from accounts.organisations.models import Membership
from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from marketplace.errors import NotYours, SellerIsSuspended
from marketplace.models import Entitlement, Product


def owns(actor: User, owner_id: UUID) -> bool:
    """Whether the actor acts for the account that owns something."""
    return actor.account.pk == owner_id


def sells(user: User, product: Product) -> bool:
    """Whether the user acts for the product's seller: it is their own account, or an organisation that they are in, in whatever role."""
    return owns(user, product.seller_id) or Membership.objects.filter(user=user, account=product.seller_id).exists()


def require_owner(actor: User, owner_id: UUID) -> None:
    """Make sure that the actor acts for the owner.

    Raises:
        NotYours: they do not.
    """
    if not owns(actor, owner_id):
        raise NotYours


def require_owner_or_staff(actor: User, owner_id: UUID) -> None:
    """Make sure that the actor acts for the owner, or for the house.

    Raises:
        NotYours: neither.
    """
    if not (actor.is_staff or owns(actor, owner_id)):
        raise NotYours


def require_staff(actor: User) -> None:
    """Make sure that the actor acts for the house.

    Raises:
        NotYours: they do not.
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


def holders_among(account_ids: Collection[UUID], product: Product) -> set[UUID]:
    """Return those of the accounts that may pull every image of the product by entitlements in force; one without images nobody holds.

    Two queries, whatever their number.
    """
    images = set(product.product_images.values_list("image_id", flat=True))
    held: dict[UUID, set[UUID]] = {}
    rows = Entitlement.objects.in_force().filter(holder__in=account_ids, image__in=images)
    for holder_id, image_id in rows.values_list("holder_id", "image_id"):
        held.setdefault(holder_id, set()).add(image_id)
    return {holder_id for holder_id, theirs in held.items() if theirs == images}
