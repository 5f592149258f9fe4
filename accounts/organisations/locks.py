"""The only place where organisations and memberships are locked."""

from uuid import UUID

from accounts.organisations.models import Membership
from accounts.people.models import Account
from common.db.locking import require_atomic


def lock_membership(*, user_id: UUID, account_id: UUID) -> Membership | None:
    """Lock somebody's membership in an organisation for this transaction, if there is one: who acts by its role or changes it holds it."""
    require_atomic()
    held = Membership.objects.select_for_update(of=("self",), no_key=True).filter(user=user_id, account=account_id)
    return held.select_related("account").first()


def lock_organisation(*, account_id: UUID) -> Account:
    """Lock the organisation for this transaction: whoever changes its members, or counts or makes its robots, holds it."""
    require_atomic()
    return Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account_id, kind=Account.Kind.ORGANISATION)
