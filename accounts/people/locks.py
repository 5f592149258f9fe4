"""The only place where users and their addresses are locked."""

from uuid import UUID

from allauth.account.models import EmailAddress

from accounts.people.models import User
from common.db.locking import locked


def lock_user(*, user_id: UUID) -> User:
    """Lock the user for this transaction."""
    return locked(User.objects.filter(pk=user_id)).get()


def lock_addresses(*, user_id: UUID) -> None:
    """Lock the user's e-mail addresses for this transaction, before the user: none can be confirmed meanwhile."""
    list(locked(EmailAddress.objects.filter(user=user_id).order_by("pk")).values_list("pk"))
