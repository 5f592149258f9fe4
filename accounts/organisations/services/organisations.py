"""Organisations: founding one, and the roles of its members."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from accounts.organisations.errors import (
    LastOwner,
    MembershipOver,
    NotAnOrganisation,
    OrganisationClosed,
    TooManyOrganisations,
    TooManyRoleChanges,
)
from accounts.organisations.locks import lock_membership, lock_organisation
from accounts.organisations.models import MANAGING_ROLES, Membership, Role
from accounts.organisations.selectors import count_acts, organisations_of, owners_of, require_authority
from accounts.organisations.services.invitations import end_invitations_by, end_invitations_to
from accounts.people.errors import HandleReserved, HandleTaken
from accounts.people.locks import lock_user
from accounts.people.models import Account, User
from accounts.people.selectors import require_verified_email
from accounts.people.usernames import is_reserved
from accounts.tokens.lifetimes import pull_ends_after_minutes
from accounts.tokens.selectors import live_robots_made_by
from audit.models import AuditEvent
from audit.services import record_audit, require_reason
from common.db.locking import locked_transaction, translate_violation
from common.web.links import absolute
from outbox.mail.services import queue_mail

ROLE_CHANGES_A_DAY = 100  # of an organisation: each writes to colleagues
_DAY = timedelta(days=1)


def found_organisation(*, user: User, name: str, handle: str) -> Account:
    """Create an organisation whose first owner is the user: both or neither.

    Args:
        name: as people read it.
        handle: in the grammar of user names; if two people want it at once, the database lets one have it.

    Raises:
        EmailNotVerified: the user has no verified address.
        HandleReserved: it would speak for the shop.
        HandleTaken: an organisation or a user has this handle.
        TooManyOrganisations: the user already owns as many as one person may.
    """
    require_verified_email(user)
    if is_reserved(handle):
        raise HandleReserved
    with locked_transaction():
        _require_room(lock_user(user_id=user.pk))
        with translate_violation("accounts_account_handle_key", HandleTaken()):
            organisation = Account.objects.create(kind=Account.Kind.ORGANISATION, name=name, handle=handle)
        Membership.objects.create(account=organisation, user=user, role=Role.OWNER)
        record_audit(actor=user, action="organisation.founded", target=organisation, handle=handle)
    return organisation


def change_role(*, membership: Membership, role: Role, actor: User) -> Membership:
    """Give a member another role and tell them by mail; giving the role that they have changes nothing.

    Raises:
        NotAnOwner: the actor is not an owner, or is no longer one.
        MembershipOver: the member has left.
        LastOwner: there would be no owner.
        TooManyRoleChanges: the organisation has reached its limit for a day.
    """
    with locked_transaction():
        organisation = lock_organisation(account_id=membership.account_id)
        require_authority(actor, organisation)
        current = _lock_membership(membership.user_id, organisation)
        if current.role != role:
            _require_within_limits(organisation)
            _assign_role(current, role, actor=actor)
    return current


def remove_member(*, membership: Membership, actor: User, reason: str = "") -> None:
    """End a membership and tell the former member; what they bought for the organisation stays, and so do its robots.

    The owners are told by mail of the robots whose secrets that person knows; also when somebody leaves or stops being an owner.

    Args:
        actor: an owner, or staff with a reason.

    Raises:
        NotAnOwner: the actor is not an owner, or is no longer one.
        MembershipOver: the member has left.
        LastOwner: there would be no owner.
    """
    with locked_transaction():
        organisation = lock_organisation(account_id=membership.account_id)
        require_authority(actor, organisation, reason=reason)
        current = _lock_membership(membership.user_id, organisation)
        _end(current)
        event = _record(actor, "membership.removed", current, reason=reason)
        ends_after = pull_ends_after_minutes()
        _tell(current, "membership_ended", event, pull_ends_after=ends_after if Role(current.role).pulls else 0)
        _warn_of_robots(current, event)


def leave_organisation(*, organisation: Account, user: User) -> None:
    """End one's own membership.

    Raises:
        MembershipOver: there is none.
        LastOwner: there would be no owner.
    """
    with locked_transaction():
        membership = _lock_membership(user.pk, lock_organisation(account_id=organisation.pk))
        _end(membership)
        _warn_of_robots(membership, _record(user, "membership.left", membership))


def appoint_owner(*, organisation: Account, user: User, reason: str, actor: User) -> Membership:
    """Let staff make somebody an owner, a member or not; all owners are told.

    Raises:
        ReasonMissing: no reason.
        NotAnOrganisation: the account is a person's.
        OrganisationClosed: it was closed.
    """
    require_reason(reason)
    if organisation.kind != Account.Kind.ORGANISATION:
        raise NotAnOrganisation(account_id=organisation.pk)
    with locked_transaction():
        locked = lock_organisation(account_id=organisation.pk)
        if locked.closed_at is not None:
            raise OrganisationClosed(name=locked.name)
        membership = lock_membership(user_id=user.pk, account_id=locked.pk)
        if membership is None:
            membership = Membership(account=locked, user=user, role="")
        if membership.role != Role.OWNER:
            end_invitations_to(organisation=locked, member=user)
            _assign_role(membership, Role.OWNER, actor=actor, reason=reason)
    return membership


def _assign_role(membership: Membership, role: Role, *, actor: User, reason: str = "") -> None:
    before, organisation = membership.role, membership.account
    if before == Role.OWNER:
        _step_down(membership)
    membership.role = role
    membership.save(update_fields=None if membership._state.adding else ["role"])  # noqa: SLF001  Django, "Model._state"
    event = _record(actor, "membership.role_changed", membership, reason=reason, before=before)
    _tell(membership, "membership_changed", event, role=role, by="" if reason else actor.username)
    if role == Role.OWNER:
        for owner in owners_of(organisation).exclude(pk__in=[actor.pk, membership.user_id]):
            _tell(membership, "owner_added", event, to=owner, by="" if reason else actor.username)
    if before == Role.OWNER:
        _warn_of_robots(membership, event)


def _end(membership: Membership) -> None:
    if membership.role == Role.OWNER:
        _step_down(membership)
    Membership.objects.filter(pk=membership.pk).delete()


def _step_down(membership: Membership) -> None:
    """Check that another owner remains, and end the invitations that this one sent.

    Raises:
        LastOwner: there is no other.
    """
    if not owners_of(membership.account).exclude(pk=membership.user_id).exists():
        raise LastOwner(name=membership.account.name)
    end_invitations_by(organisation=membership.account, owner=membership.user)


def _warn_of_robots(membership: Membership, event: AuditEvent) -> None:
    """Tell the remaining owners which live robots' secrets are known to somebody who no longer manages them."""
    robots = live_robots_made_by(membership.user, membership.account)
    if robots:
        for owner in owners_of(membership.account).exclude(pk=membership.user_id):
            _tell(membership, "robots_known", event, to=owner, robots=robots)


def _lock_membership(user_id: UUID, organisation: Account) -> Membership:
    """Lock the membership as it is now, under the organisation's lock.

    Raises:
        MembershipOver: it has ended.
    """
    membership = lock_membership(user_id=user_id, account_id=organisation.pk)
    if membership is None:
        raise MembershipOver
    return membership


def _require_room(user: User) -> None:
    """Count under the user's lock, so that if two are founded at once, the second count includes the first."""
    most = settings.LAYERSTORE_ORGANISATIONS_PER_USER
    if organisations_of(user, roles=MANAGING_ROLES).count() >= most:
        raise TooManyOrganisations(most=most)


def _require_within_limits(organisation: Account) -> None:
    """Count under the organisation's lock; staff are never refused, nor is removing or leaving."""
    if count_acts(organisation, action="membership.role_changed", since=timezone.now() - _DAY) >= ROLE_CHANGES_A_DAY:
        raise TooManyRoleChanges(most=ROLE_CHANGES_A_DAY)


def _record(actor: User, action: str, membership: Membership, *, reason: str = "", **details: object) -> AuditEvent:
    """Write to the organisation's audit trail: the membership's own row may be deleted."""
    about = {"member": membership.user.username, "role": membership.role, **details}
    return record_audit(actor=actor, action=action, target=membership.account, reason=reason, **about)


def _tell(membership: Membership, template: str, event: AuditEvent, *, to: User | None = None, **context: object) -> None:
    to, organisation = to or membership.user, membership.account
    link = absolute("accounts:organisation", organisation.handle)
    variables = {"organisation": organisation, "member": membership.user, "organisation_url": link, **context}
    queue_mail(to=to.email, template=template, context=variables, key=f"{template}:{event.pk}:{to.pk}", origin=str(organisation.pk))
