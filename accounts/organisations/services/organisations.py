"""Organisations: founding one, and who is what in it."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from accounts.organisations.errors import LastOwner, MembershipOver, NotAnOrganisation, TooManyOrganisations, TooManyRoleChanges
from accounts.organisations.locks import lock_membership, lock_organisation
from accounts.organisations.models import MANAGING_ROLES, Membership, Role
from accounts.organisations.selectors import count_role_changes, organisations_of, owners_of, require_authority
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
        handle: in the grammar of user names; of two who want one at once, the database chooses.

    Raises:
        EmailNotVerified: the user has no verified address.
        HandleReserved: it would speak for the shop.
        HandleTaken: an organisation or a user is called so.
        TooManyOrganisations: the user is an owner of as many as one may found.
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
    """Make a member something else and tell them by mail; what they are already changes nothing.

    Raises:
        NotAnOwner: the actor is none, or no longer.
        MembershipOver: the member has left.
        LastOwner: there would be no owner.
        TooManyRoleChanges: the organisation has had enough for a day.
    """
    with locked_transaction():
        organisation = lock_organisation(account_id=membership.account_id)
        require_authority(actor, organisation)
        held = _held(membership.user_id, organisation)
        if held.role != role:
            _require_within_limits(organisation)
            _give(held, role, actor=actor)
    return held


def remove_member(*, membership: Membership, actor: User, reason: str = "") -> None:
    """End a membership and tell whom it was; what they bought for the organisation and its robots stay.

    The owners are told by mail of the robots whose secrets went along, also when somebody leaves or is an owner no longer.

    Args:
        actor: an owner, or staff with a reason.

    Raises:
        NotAnOwner: the actor is none, or no longer.
        MembershipOver: the member has left.
        LastOwner: there would be no owner.
    """
    with locked_transaction():
        organisation = lock_organisation(account_id=membership.account_id)
        require_authority(actor, organisation, reason=reason)
        held = _held(membership.user_id, organisation)
        _end(held)
        event = _record(actor, "membership.removed", held, reason=reason)
        ends_after = pull_ends_after_minutes()
        _tell(held, "membership_ended", event, pull_ends_after=ends_after if Role(held.role).pulls else 0)
        _warn_of_robots(held, event)


def leave_organisation(*, organisation: Account, user: User) -> None:
    """End one's own membership.

    Raises:
        MembershipOver: there is none.
        LastOwner: there would be no owner.
    """
    with locked_transaction():
        held = _held(user.pk, lock_organisation(account_id=organisation.pk))
        _end(held)
        _warn_of_robots(held, _record(user, "membership.left", held))


def appoint_owner(*, organisation: Account, user: User, reason: str, actor: User) -> Membership:
    """Make somebody an owner on the word of staff, whether they belong to the organisation or not; all owners are told.

    Raises:
        ReasonMissing: no reason.
        NotAnOrganisation: the account is a person's.
    """
    require_reason(reason)
    if organisation.kind != Account.Kind.ORGANISATION:
        raise NotAnOrganisation(account_id=organisation.pk)
    with locked_transaction():
        locked = lock_organisation(account_id=organisation.pk)
        held = lock_membership(user_id=user.pk, account_id=locked.pk)
        if held is None:
            held = Membership(account=locked, user=user, role="")
        if held.role != Role.OWNER:
            end_invitations_to(organisation=locked, member=user)
            _give(held, Role.OWNER, actor=actor, reason=reason)
    return held


def _give(held: Membership, role: Role, *, actor: User, reason: str = "") -> None:
    before, organisation = held.role, held.account
    if before == Role.OWNER:
        _step_down(held)
    held.role = role
    held.save(update_fields=None if held._state.adding else ["role"])  # noqa: SLF001  Django, "Model._state"
    event = _record(actor, "membership.role_changed", held, reason=reason, before=before)
    _tell(held, "membership_changed", event, role=role, by="" if reason else actor.username)
    if role == Role.OWNER:
        for owner in owners_of(organisation).exclude(pk__in=[actor.pk, held.user_id]):
            _tell(held, "owner_added", event, to=owner, by="" if reason else actor.username)
    if before == Role.OWNER:
        _warn_of_robots(held, event)


def _end(held: Membership) -> None:
    if held.role == Role.OWNER:
        _step_down(held)
    Membership.objects.filter(pk=held.pk).delete()


def _step_down(held: Membership) -> None:
    """Let an owner go: another one has to be there, and invitations that this one sent end.

    Raises:
        LastOwner: there is no other.
    """
    if not owners_of(held.account).exclude(pk=held.user_id).exists():
        raise LastOwner(name=held.account.name)
    end_invitations_by(organisation=held.account, owner=held.user)


def _warn_of_robots(held: Membership, event: AuditEvent) -> None:
    """Tell the owners that are left which live robots somebody has the secrets of, who manages them no longer."""
    robots = live_robots_made_by(held.user, held.account)
    if robots:
        for owner in owners_of(held.account).exclude(pk=held.user_id):
            _tell(held, "robots_known", event, to=owner, robots=robots)


def _held(user_id: UUID, organisation: Account) -> Membership:
    """Lock the membership under the organisation's lock.

    Raises:
        MembershipOver: it has ended.
    """
    held = lock_membership(user_id=user_id, account_id=organisation.pk)
    if held is None:
        raise MembershipOver
    return held


def _require_room(user: User) -> None:
    """Count under the user's lock, so that of two foundings at once the second one counts the first."""
    most = settings.LAYERSTORE_ORGANISATIONS_PER_USER
    if organisations_of(user, roles=MANAGING_ROLES).count() >= most:
        raise TooManyOrganisations(most=most)


def _require_within_limits(organisation: Account) -> None:
    """Count under the organisation's lock; staff, and removing or leaving, are never held up."""
    if count_role_changes(organisation, since=timezone.now() - _DAY) >= ROLE_CHANGES_A_DAY:
        raise TooManyRoleChanges(most=ROLE_CHANGES_A_DAY)


def _record(actor: User, action: str, held: Membership, *, reason: str = "", **details: object) -> AuditEvent:
    """Write to the organisation's trail: the membership's own row may go."""
    about = {"member": held.user.username, "role": held.role, **details}
    return record_audit(actor=actor, action=action, target=held.account, reason=reason, **about)


def _tell(held: Membership, template: str, event: AuditEvent, *, to: User | None = None, **context: object) -> None:
    to, organisation = to or held.user, held.account
    link = absolute("accounts:organisation", organisation.handle)
    shown = {"organisation": organisation, "member": held.user, "organisation_url": link, **context}
    queue_mail(to=to.email, template=template, context=shown, key=f"{template}:{event.pk}:{to.pk}", origin=str(organisation.pk))
