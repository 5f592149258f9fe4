"""Deletes accounts whose address nobody ever confirmed: they can do nothing, and occupy a user name."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import PROTECT, Exists, ForeignObjectRel, Model, OuterRef, ProtectedError, QuerySet

from accounts.people.locks import lock_addresses, lock_user
from accounts.people.models import Account, User
from common.db.locking import locked_transaction

_AT_ONCE = 1_000  # in one run; the next one continues


def forget_unverified_accounts(*, now: datetime) -> int:
    """Delete accounts that never signed in and whose address was not confirmed in time; return how many. Calling it again deletes nothing.

    Accounts of staff stay, and accounts that other rows refer to: purchases, pushes, the audit trail.
    """
    overdue = list(_unused(_over(now)).order_by("date_joined").values_list("pk", flat=True)[:_AT_ONCE])
    return sum(_forget(user_id, now) for user_id in overdue)


def _over(now: datetime) -> QuerySet[User]:
    old = User.objects.filter(date_joined__lt=now - settings.LAYERSTORE_UNVERIFIED_ACCOUNTS_KEPT, last_login__isnull=True)
    return old.filter(is_staff=False, deleted_at__isnull=True).exclude(emailaddress__verified=True)


def _unused(users: QuerySet[User]) -> QuerySet[User]:
    """Pass over whom a row refers to that keeps them, so that many of those hold up nobody behind them."""
    for model, key in ((User, "pk"), (Account, "account__pk")):
        for relation in model._meta.get_fields(include_hidden=True):
            if isinstance(relation, ForeignObjectRel) and relation.on_delete is PROTECT and relation.related_model is not Account:
                kept_by: QuerySet[Model] = QuerySet(relation.related_model).filter(**{relation.field.name: OuterRef(key)})
                users = users.filter(~Exists(kept_by))
    return users


def _forget(user_id: UUID, now: datetime) -> bool:
    with locked_transaction():
        # The addresses too, so that none is confirmed between the check and the deletion.
        lock_addresses(user_id=user_id)
        if not _over(now).filter(pk=user_id).exists():
            return False
        user = lock_user(user_id=user_id)
        try:
            with transaction.atomic():
                Account.objects.filter(user=user).delete()
                user.delete()
        except ProtectedError:
            return False
    return True
