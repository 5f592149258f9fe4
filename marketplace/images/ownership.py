"""Who may act for whom that sells: a person for themselves, and in an organisation whoever has the role for it."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.organisations.models import BUYING_ROLES, EDITING_ROLES, MANAGING_ROLES, SELLING_ROLES, Membership, Role
from accounts.people.models import Account, User
from accounts.sellers.models import SellerProfile
from marketplace.images.errors import NotYours, RoleNotEnough, SellerIsSuspended


def role_for(actor: User, owner_id: UUID) -> Role | None:
    """Return the role in which the actor acts for an account: owner for their own, None if they have nothing to do with it."""
    if actor.account.pk == owner_id:
        return Role.OWNER
    role = Membership.objects.filter(user=actor, account=owner_id).values_list("role", flat=True).first()
    return Role(role) if role else None


def sells_for(actor: User, owner_id: UUID) -> bool:
    """Whether the actor sees the pages of what the account sells."""
    return role_for(actor, owner_id) in SELLING_ROLES


def edits_for(actor: User, owner_id: UUID) -> bool:
    """Whether the actor may edit what the account sells."""
    return role_for(actor, owner_id) in EDITING_ROLES


def owns(actor: User, owner_id: UUID) -> bool:
    """Whether the actor decides for the account that owns something."""
    return role_for(actor, owner_id) in MANAGING_ROLES


def accounts_sold_for(user_id: UUID | None, *, roles: Collection[Role] = SELLING_ROLES) -> QuerySet[Account]:
    """Return the accounts whose names and products the user sees as a seller: their own, and organisations in which they sell.

    Args:
        user_id: None for nobody, who has none.
        roles: those of the roles in an organisation that count, e.g. `BUYING_ROLES` for whose sales the user sees.
    """
    theirs = Q(user=user_id) | Q(memberships__user=user_id, memberships__role__in=roles)
    return Account.objects.filter(theirs).order_by() if user_id else Account.objects.none()


def require_owner(actor: User, owner_id: UUID) -> None:
    """Make sure that the actor decides for the account: what is published for how much, and which names are given up.

    Raises:
        NotYours: they have nothing to do with it.
        RoleNotEnough: their role in it does not.
    """
    _require(actor, owner_id, MANAGING_ROLES)


def require_editor(actor: User, owner_id: UUID) -> None:
    """Make sure that the actor may edit for the account: reserve names, choose tags, write pages.

    Raises:
        NotYours, RoleNotEnough: as `require_owner`.
    """
    _require(actor, owner_id, EDITING_ROLES)


def require_cashier(actor: User, owner_id: UUID) -> None:
    """Make sure that the actor looks after the account's money: its owner, or billing people of an organisation.

    Raises:
        NotYours, RoleNotEnough: as `require_owner`.
    """
    _require(actor, owner_id, BUYING_ROLES)


def require_owner_or_staff(actor: User, owner_id: UUID) -> None:
    """Make sure that the actor decides for the account, or is staff.

    Raises:
        NotYours, RoleNotEnough: as `require_owner`.
    """
    if not actor.is_staff:
        require_owner(actor, owner_id)


def require_editor_or_staff(actor: User, owner_id: UUID) -> None:
    """Make sure that the actor may edit for the account, or is staff.

    Raises:
        NotYours, RoleNotEnough: as `require_owner`.
    """
    if not actor.is_staff:
        require_editor(actor, owner_id)


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


def _require(actor: User, owner_id: UUID, roles: Collection[Role]) -> None:
    role = role_for(actor, owner_id)
    if role is None:
        raise NotYours
    if role not in roles:
        raise RoleNotEnough(roles=roles)
