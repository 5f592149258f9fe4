"""Whose things are whose."""

from uuid import UUID

from accounts.models import Account, SellerProfile, User
from marketplace.errors import NotYours, SellerIsSuspended
from marketplace.models import Entitlement, Product


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


def holds_product(account: Account, product: Product) -> bool:
    """Whether the account may pull every image of the product by entitlements in force; a product without images is held by nobody."""
    images = set(product.product_images.values_list("image_id", flat=True))
    held = Entitlement.objects.in_force().filter(holder=account, image__in=images).values_list("image_id", flat=True)
    return bool(images) and images == set(held)
