"""Whom somebody may act for."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Account, Role, User
from accounts.models.organisations import PULLING_ROLES


def account_ids_of(user: User) -> tuple[UUID, ...]:
    """Return the accounts whose images the user pulls: their own first, then their organisations'. One query."""
    return (user.account.pk, *organisations_of(user, roles=PULLING_ROLES).values_list("pk", flat=True))


def organisations_of(user: User, *, roles: Collection[Role] = tuple(Role)) -> QuerySet[Account]:
    """Return the organisations in which the user has one of the roles, by name."""
    return Account.objects.filter(memberships__user=user, memberships__role__in=roles).order_by("name", "pk")
