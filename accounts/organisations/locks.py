"""The only place where organisations and memberships are locked."""

from uuid import UUID

from accounts.organisations.models import Membership
from accounts.people.models import Account
from common.db.locking import locked


def lock_membership(*, user_id: UUID, account_id: UUID) -> Membership | None:
    """Lock a membership for this transaction, if there is one: whoever acts by its role, or changes it, needs the lock."""
    return locked(Membership.objects.filter(user=user_id, account=account_id).select_related("account")).first()


def lock_organisation(*, account_id: UUID) -> Account:
    """Lock the organisation for this transaction: whoever changes its members, or counts or makes its robots, needs the lock."""
    return locked(Account.objects.filter(pk=account_id, kind=Account.Kind.ORGANISATION)).get()
