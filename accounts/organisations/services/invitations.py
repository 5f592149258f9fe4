"""Inviting people to an organisation by mail, and their answers."""

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from accounts.organisations.errors import (
    AlreadyAMember,
    InvitationForAnother,
    InvitationOver,
    OrganisationFull,
    TooManyInvitations,
    TooManyOpenInvitations,
)
from accounts.organisations.locks import lock_organisation
from accounts.organisations.models import Invitation, Membership, Role
from accounts.organisations.selectors import is_invited, owners_of, pending_invitations_of, require_authority
from accounts.people.locks import lock_user
from accounts.people.models import Account, User
from accounts.people.selectors import require_verified_email, verified_addresses
from accounts.tokens import secrets
from audit.services import record_audit
from common.db.locking import locked_transaction
from common.web.links import absolute
from outbox.mail.services import queue_mail

LIFETIME = timedelta(days=7)
OPEN_AT_ONCE = 50  # of one organisation
_DAY = timedelta(days=1)
A_DAY_FROM_ONE = 50  # organisation, and person across all their organisations
A_DAY_TO_ONE = 3  # address, whoever invites


def invite(*, organisation: Account, email: str, role: Role, actor: User) -> Invitation:
    """Invite somebody to the organisation by mail; an earlier open invitation of theirs ends, so only the newest link works.

    Args:
        email: where the link goes; whoever has verified this address may accept.
        actor: one of the owners.

    Raises:
        EmailNotVerified: the actor has no verified address.
        NotAnOwner: the actor is not an owner, or is no longer one.
        AlreadyAMember: a member has that address.
        OrganisationFull, TooManyOpenInvitations: there is no room.
        TooManyInvitations: the organisation, the actor or the address has reached its limit for a day.
    """
    require_verified_email(actor)
    address, secret = email.strip().lower(), secrets.new_invitation_secret()
    with locked_transaction():
        locked = lock_organisation(account_id=organisation.pk)
        require_authority(actor, locked)
        if _members_with(locked, address).exists():
            raise AlreadyAMember(name=locked.name)
        _require_room(locked)
        _end(pending_invitations_of(locked).filter(email=address))
        _require_open_place(locked)
        _require_within_limits(locked, address, lock_user(user_id=actor.pk))
        invitation = Invitation.objects.create(
            account=locked,
            email=address,
            role=role,
            invited_by=actor,
            secret_hash=secrets.secret_hash(secret),
            expires_at=timezone.now() + LIFETIME,
        )
        record_audit(actor=actor, action="invitation.sent", target=invitation, organisation=locked.handle, role=role)
        link = absolute("accounts:invitation_link", key=secret)
        _tell(address, "invitation", invitation, key=f"invitation:{invitation.pk}", role=role, link=link)
    return invitation


def accept_invitation(*, invitation: Invitation, user: User) -> Membership:
    """Give the user the role that they were invited to; accepting twice, or two people at once, makes one member.

    Raises:
        InvitationOver: answered, withdrawn or expired, or staff have disabled its sender.
        InvitationForAnother: it was sent to an address that the user has not verified.
        AlreadyAMember: they belong to the organisation already.
        OrganisationFull: there is no room.
    """
    with locked_transaction():
        organisation = lock_organisation(account_id=invitation.account_id)
        current = _open(invitation)
        if not is_invited(user, current):
            raise InvitationForAnother(email=current.email)
        if Membership.objects.filter(account=organisation, user=user).exists():
            raise AlreadyAMember(name=organisation.name)
        _require_room(organisation)
        membership = Membership.objects.create(account=organisation, user=user, role=current.role)
        current.accepted_at, current.accepted_by = timezone.now(), user
        current.save(update_fields=["accepted_at", "accepted_by"])
        record_audit(actor=user, action="invitation.accepted", target=current, organisation=organisation.handle, role=current.role)
        for owner in owners_of(organisation).exclude(pk=user.pk):
            key = f"invitation-accepted:{current.pk}:{owner.pk}"
            _tell(owner.email, "invitation_accepted", current, key=key, member=user, role=Role(current.role))
    return membership


def decline_invitation(*, invitation: Invitation, user: User | None) -> None:
    """End the invitation because its recipient does not want it; `user` is None for somebody without an account.

    Raises:
        InvitationOver: answered, withdrawn or expired.
    """
    with locked_transaction():
        lock_organisation(account_id=invitation.account_id)
        current = _open(invitation)
        _end(Invitation.objects.filter(pk=current.pk))
        record_audit(actor=user, action="invitation.declined", target=current)


def withdraw_invitation(*, invitation: Invitation, actor: User, reason: str = "") -> None:
    """Withdraw the invitation: its link no longer works. One that is already over stays as it is.

    Raises:
        NotAnOwner: the actor is neither an owner nor staff with a reason.
    """
    with locked_transaction():
        organisation = lock_organisation(account_id=invitation.account_id)
        require_authority(actor, organisation, reason=reason)
        if _end(pending_invitations_of(organisation).filter(pk=invitation.pk)):
            record_audit(actor=actor, action="invitation.withdrawn", target=invitation, reason=reason)


def end_invitations_by(*, organisation: Account, owner: User) -> int:
    """Withdraw what a former owner sent: they must not come back by a link of their own. Needs the organisation's lock."""
    return _end(pending_invitations_of(organisation).filter(invited_by=owner))


def end_invitations_to(*, organisation: Account, member: User) -> int:
    """Close the invitations to somebody who is now a member. Needs the organisation's lock."""
    return _end(pending_invitations_of(organisation).filter(email__in=verified_addresses(member)))


def _end(invitations: QuerySet[Invitation]) -> int:
    return invitations.order_by().update(withdrawn_at=timezone.now())


def _open(invitation: Invitation) -> Invitation:
    """Read the invitation again under the lock.

    Raises:
        InvitationOver: it is no longer open.
    """
    current = Invitation.objects.select_related("account", "invited_by").get(pk=invitation.pk)
    if not current.is_open:
        raise InvitationOver(current.why_over)
    return current


def _members_with(organisation: Account, address: str) -> QuerySet[Membership]:
    known = {"user__emailaddress__email__iexact": address, "user__emailaddress__verified": True}
    return Membership.objects.filter(account=organisation, **known)


def _require_room(organisation: Account) -> None:
    most = settings.LAYERSTORE_MEMBERS_PER_ORGANISATION
    if organisation.memberships.count() >= most:
        raise OrganisationFull(most=most)


def _require_open_place(organisation: Account) -> None:
    if pending_invitations_of(organisation).filter(expires_at__gt=timezone.now()).count() >= OPEN_AT_ONCE:
        raise TooManyOpenInvitations(most=OPEN_AT_ONCE)


def _require_within_limits(organisation: Account, address: str, actor: User) -> None:
    """Count the invitations of a day; each is a row, so an emptied Redis forgets nothing."""
    today = Invitation.objects.filter(created_at__gt=timezone.now() - _DAY)
    if today.filter(account=organisation).count() >= A_DAY_FROM_ONE:
        message = gettext("{name} has sent enough invitations for one day. Try again tomorrow.")
        raise TooManyInvitations(message.format(name=organisation.name))
    if today.filter(invited_by=actor).count() >= A_DAY_FROM_ONE:
        raise TooManyInvitations(gettext("You have sent enough invitations for one day. Try again tomorrow."))
    if today.filter(email=address).count() >= A_DAY_TO_ONE:
        raise TooManyInvitations(gettext("This address was sent enough invitations for one day. Try again tomorrow."))


def _tell(to: str, template: str, invitation: Invitation, *, key: str, **context: object) -> None:
    variables = {
        "organisation": invitation.account,
        "invitation": invitation,
        "organisation_url": absolute("accounts:organisation", invitation.account.handle),
        **context,
    }
    queue_mail(to=to, template=template, context=variables, key=key, origin=str(invitation.account_id))
