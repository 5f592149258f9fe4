"""Who pulls for accounts, and with which credentials: for many accounts in one statement each."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q

from accounts.organisations.models import PULLING_ROLES, Membership
from accounts.people.models import Account, User
from accounts.tokens.models import AccessToken

_LOOKED_AT: Final = 5  # credentials of an account: the newest ones


def people_who_pull(accounts: Collection[Account]) -> dict[UUID, User]:
    """Return whose pull is asked about, by account: the person, or the longest member of an organisation that may pull, if it has one."""
    found = {account.pk: account.user for account in accounts if account.user}
    members = Membership.objects.filter(account__in=[account.pk for account in accounts if not account.user], role__in=PULLING_ROLES)
    longest = members.select_related("user__account").order_by("account", "created_at", "pk").distinct("account")
    return found | {membership.account_id: membership.user for membership in longest}


def newest_credentials(accounts: Collection[Account]) -> dict[UUID, list[AccessToken]]:
    """Return the newest credentials that pull for each account: its own, its robots and its members'."""
    members = Membership.objects.filter(account=OuterRef(OuterRef("pk")), role__in=PULLING_ROLES).values("user")
    kinds = {
        "by_person": Q(user=OuterRef("user_id")),
        "by_robots": Q(organisation=OuterRef("pk")),
        "by_members": Q(user__in=members),
    }
    newest = {
        kind: ArraySubquery(AccessToken.objects.filter(whose).order_by("-created_at").values("pk")[:_LOOKED_AT])
        for kind, whose in kinds.items()
    }
    rows = Account.objects.filter(pk__in=[account.pk for account in accounts]).annotate(**newest).values_list("pk", *newest)
    keys = {pk: [key for some in found for key in some] for pk, *found in rows}
    tokens = AccessToken.objects.select_related("user__account", "organisation").in_bulk([key for some in keys.values() for key in some])
    by_age = {pk: sorted((tokens[key] for key in some), key=lambda token: token.created_at, reverse=True) for pk, some in keys.items()}
    return {pk: some[:_LOOKED_AT] for pk, some in by_age.items()}
