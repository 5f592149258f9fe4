"""Who may buy for which account."""

import re
from collections.abc import Collection
from uuid import UUID

from accounts.organisations.errors import NoSuchOrganisation, RoleDoesNotBuy
from accounts.organisations.locks import lock_membership
from accounts.organisations.models import BUYING_ROLES, Membership
from accounts.organisations.selectors import organisations_of
from accounts.people.models import USERNAME_PATTERN, Account, User


def buyers_of(user: User) -> list[Account]:
    """Return the accounts that the user buys for: their own first, then organisations by name. One query."""
    return [user.account, *organisations_of(user, roles=BUYING_ROLES)]


def buyer_named(user: User, handle: str) -> Account:
    """Return the account that the user means by a handle: their own for their own handle or none, else an organisation.

    Raises:
        NoSuchOrganisation: there is none of that handle, or the user is not in it; the same for both.
        RoleDoesNotBuy: the user is in it, in a role that does not buy.
    """
    if handle in {"", user.account.handle}:
        return user.account
    if not re.fullmatch(USERNAME_PATTERN, handle):  # never query for what PostgreSQL cannot store
        raise NoSuchOrganisation
    membership = Membership.objects.filter(user=user, account__handle=handle).select_related("account").first()
    return require_buying(membership)


def require_buyer(user: User, account: Account) -> None:
    """Make sure that the user may buy for the account; a transaction that writes calls `keep_buyer` instead.

    Raises:
        NoSuchOrganisation, RoleDoesNotBuy: they do not.
    """
    if account.pk != user.account.pk:
        require_buying(Membership.objects.filter(user=user, account=account).select_related("account").first())


def require_buying(membership: Membership | None) -> Account:
    """Return the membership's organisation, if its role buys.

    Raises:
        NoSuchOrganisation: there is no membership.
        RoleDoesNotBuy: its role does not buy.
    """
    if membership is None:
        raise NoSuchOrganisation
    if not membership.buys:
        raise RoleDoesNotBuy(name=membership.account.name)
    return membership.account


def buys_for(user_id: UUID, account: Account) -> bool:
    """Whether the user buys for the account now."""
    return account.user_id == user_id or Membership.objects.filter(user=user_id, account=account, role__in=BUYING_ROLES).exists()


def addresses_of_buyers(account: Account, *, besides: Collection[str] = ()) -> list[str]:
    """Return the addresses of an organisation's owners and billing people, who are told of its purchases; none for a person's account."""
    people = User.objects.filter(memberships__account=account, memberships__role__in=BUYING_ROLES, is_active=True)
    known = {address.lower() for address in besides}
    return [email for email in people.order_by("email").values_list("email", flat=True) if email.lower() not in known]


def keep_buyer(*, user: User, account: Account) -> None:
    """Make sure that the user may buy for the account, and still may when this transaction ends: their membership is locked.

    Raises:
        NoSuchOrganisation: they are not, or no longer, in the organisation.
        RoleDoesNotBuy: their role does not buy.
    """
    if account.pk != user.account.pk:
        require_buying(lock_membership(user_id=user.pk, account_id=account.pk))
