"""A user's language and currency; making a user staff; and what staff do to users: disable, enable again, remove lost second factors."""

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group

from accounts.people.errors import UserAlreadyDisabled, UserNotDisabled
from accounts.people.locks import lock_user
from accounts.people.models import User
from audit.services import record_audit, require_reason
from common.db.locking import locked_transaction


def make_staff(*, user: User) -> User:
    """Give the user all rights of staff. Done in a terminal, so the audit trail names no actor. Doing it again changes nothing."""
    with locked_transaction():
        locked = lock_user(user_id=user.pk)
        if not (locked.is_staff and locked.is_superuser):
            locked.is_staff = locked.is_superuser = True
            locked.save(update_fields=["is_staff", "is_superuser"])
            record_audit(actor=None, action="user.made_staff", target=locked)
    return locked


def give_role(*, user: User, role: str) -> User:
    """Make the user staff in one role, with its rights and no others. Done in a terminal, so the audit trail names no actor.

    Doing it again changes nothing; another role takes the place of the one before, and of all rights.

    Args:
        role: the name of a group that a migration made.
    """
    with locked_transaction():
        locked = lock_user(user_id=user.pk)
        if not locked.is_staff or locked.is_superuser or [group.name for group in locked.groups.all()] != [role]:
            locked.is_staff, locked.is_superuser = True, False
            locked.save(update_fields=["is_staff", "is_superuser"])
            locked.user_permissions.clear()
            locked.groups.set([Group.objects.get(name=role)])
            record_audit(actor=None, action="user.made_staff", target=locked, role=role)
    return locked


def choose_language(*, user: User, language: str, mails: str = "") -> None:
    """Answer the user in this language from now on, on pages and in mails. Choosing the same again changes nothing.

    Args:
        language: a code of `LANGUAGES`; empty for what the browser asks for.
        mails: in which language mails are then, which no browser asks for.
    """
    with locked_transaction():
        locked = lock_user(user_id=user.pk)
        if locked.language != language:
            locked.language, locked.mail_language = language, "" if language else mails
            locked.save(update_fields=["language", "mail_language"])
            record_audit(actor=locked, action="user.language_chosen", target=locked, language=language)


def choose_currency(*, user: User, currency: str) -> None:
    """Show the user prices in this currency from now on, where a product has it; empty for that of their browser's region."""
    with locked_transaction():
        locked = lock_user(user_id=user.pk)
        if locked.currency != currency:
            locked.currency = currency
            locked.save(update_fields=["currency"])
            record_audit(actor=locked, action="user.currency_chosen", target=locked, currency=currency)


def disable_user(*, user: User, reason: str, actor: User) -> User:
    """Disable the user: sessions and tokens of every kind stop working with their next request.

    Raises:
        ReasonMissing: no reason.
        UserAlreadyDisabled: nothing to do.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_user(user_id=user.pk)
        if not locked.is_active:
            raise UserAlreadyDisabled(user_id=locked.pk)
        locked.is_active = False
        locked.credential_generation += 1  # enabling the user again must not revive old sessions
        locked.save(update_fields=["is_active", "credential_generation"])
        record_audit(actor=actor, action="user.disabled", target=locked, reason=reason)
    return locked


def enable_user(*, user: User, reason: str, actor: User) -> User:
    """Enable a disabled user: they have to sign in again; their access tokens work.

    Raises:
        ReasonMissing: no reason.
        UserNotDisabled: nothing to do.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_user(user_id=user.pk)
        if locked.is_active:
            raise UserNotDisabled(user_id=locked.pk)
        locked.is_active = True
        locked.save(update_fields=["is_active"])
        record_audit(actor=actor, action="user.enabled", target=locked, reason=reason)
    return locked


def remove_second_factors(*, user: User, reason: str, actor: User) -> None:
    """Remove all authenticator apps, passkeys and recovery codes of somebody who has lost them; sessions end as well.

    Raises:
        ReasonMissing: no reason.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_user(user_id=user.pk)
        Authenticator.objects.filter(user=locked).delete()
        locked.credential_generation += 1
        locked.save(update_fields=["credential_generation"])
        record_audit(actor=actor, action="user.second_factors_removed", target=locked, reason=reason)
