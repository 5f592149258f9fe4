"""Deletes a person's account: what is theirs is deleted, what others rely on stays without a name."""

from collections.abc import Collection

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.utils import timezone

from accounts.organisations.models import Invitation
from accounts.organisations.services.organisations import leave_organisation
from accounts.people.locks import lock_user
from accounts.people.models import Account, User
from accounts.people.names import DELETED_ACCOUNT, DELETED_SELLER
from accounts.people.selectors import verified_addresses
from accounts.privacy.errors import AccountAlreadyDeleted, AccountHasObligations
from accounts.privacy.handlers import forgotten_address, handlers
from accounts.privacy.models import DataExport
from accounts.privacy.selectors import obstacles_to_ending
from accounts.privacy.services.closing import forget_organisation
from accounts.sellers.models import SellerProfile
from accounts.sessions.models import SignIn
from accounts.tokens.models import AccessToken
from audit.models import AuditEvent
from audit.services import record_audit, require_reason
from common.db.locking import locked_transaction
from outbox.mail.models import OutgoingMail


def delete_account(*, user: User, reason: str, actor: User | None) -> User:
    """Forget a person, for good: sign-in, addresses, access tokens, memberships, library and mails are deleted at once.

    Orders, refunds and the audit trail stay, as the law requires of a shop, without the person's name. A seller's names stay taken and
    their buyers keep their pull access. The user name may be chosen by somebody else afterwards.

    Args:
        actor: staff, the user, or None for the shop itself.

    Raises:
        ReasonMissing: no reason.
        AccountAlreadyDeleted: nothing to do.
        AccountHasObligations: says what must be done before.
    """
    require_reason(reason)
    if user.deleted_at is not None:
        raise AccountAlreadyDeleted(user_id=user.pk)
    _require_no_obstacles(user)
    for membership in user.memberships.select_related("account"):  # each in a transaction of its own, which locks the organisation first
        leave_organisation(organisation=membership.account, user=user)
    with locked_transaction():
        _require_no_obstacles(user)  # again, for an obstacle may have appeared meanwhile
        for handler in handlers():
            handler.forget(user.account)
        user.refresh_from_db()
        record_audit(actor=None if actor == user else actor, action="user.deleted", target=user, reason=reason)
    return user


def _require_no_obstacles(user: User) -> None:
    if obstacles := obstacles_to_ending(user.account):
        raise AccountHasObligations(obstacles)


def forget_account(account: Account) -> None:
    """Remove what accounts hold: of a person, whose name gives way to one that says nothing, or of an organisation.

    Raises:
        AccountAlreadyDeleted: somebody else deleted it meanwhile.
    """
    if account.user is None:
        forget_organisation(account)
        return
    user = account.user
    AccessToken.objects.filter(user=user).delete()
    SignIn.objects.filter(user=user).delete()
    DataExport.objects.filter(user=user).delete()
    locked = lock_user(user_id=user.pk)
    if locked.deleted_at is not None:
        raise AccountAlreadyDeleted(user_id=locked.pk)
    addresses = verified_addresses(locked) - {""}  # the others may be somebody else's, whose mails and invitations stay
    OutgoingMail.objects.filter(to__in=addresses).delete()
    Invitation.objects.filter(email__in=addresses, accepted_at__isnull=True).delete()
    Invitation.objects.filter(email__in=addresses).update(email=forgotten_address(locked))
    EmailAddress.objects.filter(user=locked).delete()
    Authenticator.objects.filter(user=locked).delete()
    username = locked.username
    _rename(locked)
    _blank_trail(locked, username, addresses)


def _blank_trail(user: User, username: str, addresses: Collection[str]) -> None:
    """Remove the person's names from the audit trail, which keeps what was done and by which row."""
    AuditEvent.objects.filter(actor=user).update(address=None)
    about = AuditEvent.objects.filter(target_type=User._meta.label_lower, target_id=str(user.pk))
    about.update(target_label=user.username, details={})
    for event in AuditEvent.objects.filter(target_type=Account._meta.label_lower, details__member=username):
        event.details["member"] = user.username
        event.save(update_fields=["details"])
    for address in addresses:
        invited = AuditEvent.objects.filter(target_type=Invitation._meta.label_lower, target_label__istartswith=f"{address} ")
        invited.update(target_label=f"invitation of {user.username}")


def _rename(user: User) -> None:
    name = f"deleted-{user.pk.hex[-24:]}"
    user.username, user.email, user.deleted_at = name, forgotten_address(user), timezone.now()
    user.is_active, user.last_login = False, None
    user.language = user.mail_language = user.currency = ""
    user.credential_generation += 1  # ends every session
    user.set_unusable_password()
    about = ("username", "email", "language", "mail_language", "currency")
    user.save(update_fields=[*about, "deleted_at", "is_active", "last_login", "credential_generation", "password"])
    Account.objects.filter(user=user).update(name=DELETED_ACCOUNT, handle=name)
    SellerProfile.objects.filter(account__user=user).update(display_name=DELETED_SELLER)
