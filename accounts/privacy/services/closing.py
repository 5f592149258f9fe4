"""Closes an organisation: nobody belongs to it any more, what others rely on stays."""

from django.utils import timezone

from accounts.organisations.errors import NotAnOrganisation, OrganisationClosed
from accounts.organisations.locks import lock_organisation
from accounts.organisations.models import Membership
from accounts.organisations.selectors import members_of, pending_invitations_of, require_authority
from accounts.people.models import Account, User
from accounts.privacy.errors import AccountHasObligations
from accounts.privacy.handlers import handlers
from accounts.privacy.selectors import obstacles_to_ending
from accounts.tokens.models import AccessToken
from audit.services import record_audit
from common.db.locking import locked_transaction
from outbox.mail.services import queue_mail


def close_organisation(*, organisation: Account, actor: User, reason: str = "") -> Account:
    """Close an organisation for good, and tell its members by mail.

    Its robots are revoked and what it holds can no longer be pulled for it. Its names and handle stay taken, its buyers keep what they
    bought, orders and the audit trail stay.

    Args:
        actor: an owner, or staff with a reason.

    Raises:
        NotAnOrganisation: the account is a person's.
        NotAnOwner: the actor is not an owner, or is no longer one.
        OrganisationClosed: nothing to do.
        AccountHasObligations: says what must be done before.
    """
    if organisation.kind != Account.Kind.ORGANISATION:
        raise NotAnOrganisation(account_id=organisation.pk)
    with locked_transaction():
        locked = lock_organisation(account_id=organisation.pk)
        if locked.closed_at is not None:
            raise OrganisationClosed(name=locked.name)
        require_authority(actor, locked, reason=reason)
        if obstacles := obstacles_to_ending(locked):
            raise AccountHasObligations(obstacles)
        event = record_audit(actor=actor, action="organisation.closed", target=locked, reason=reason, members=_members(locked))
        for member in members_of(locked).filter(user__is_active=True):
            context = {"organisation": locked, "by": "" if reason else actor.username}
            queue_mail(to=member.user.email, template="organisation_closed", context=context, key=f"closed:{event.pk}:{member.user_id}")
        for handler in handlers():
            handler.forget(locked)
        locked.closed_at = timezone.now()
        locked.save(update_fields=["closed_at"])
    return locked


def forget_organisation(account: Account) -> None:
    """End its robots, invitations and memberships, under its lock."""
    AccessToken.objects.filter(organisation=account, revoked_at__isnull=True).update(revoked_at=timezone.now())
    pending_invitations_of(account).update(withdrawn_at=timezone.now())
    Membership.objects.filter(account=account).delete()


def _members(organisation: Account) -> int:
    return Membership.objects.filter(account=organisation).count()
