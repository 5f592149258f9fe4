"""The only place where users and their addresses are locked."""

from uuid import UUID

from allauth.account.models import EmailAddress

from accounts.people.models import User
from common.db.locking import require_atomic


def lock_user(*, user_id: UUID) -> User:
    """Lock the user for this transaction."""
    require_atomic()
    return User.objects.select_for_update(of=("self",), no_key=True).get(pk=user_id)


def lock_addresses(*, user_id: UUID) -> None:
    """Lock the user's e-mail addresses for this transaction, before the user: nobody confirms one meanwhile."""
    require_atomic()
    list(EmailAddress.objects.select_for_update(of=("self",), no_key=True).filter(user=user_id).order_by("pk").values_list("pk"))
