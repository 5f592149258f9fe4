"""Who belongs to which organisation, in which role, and who has been invited."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.fields.json import KT
from django.utils import timezone

from accounts.organisations.errors import NotAnOwner
from accounts.organisations.models import EDITING_ROLES, MANAGING_ROLES, PULLING_ROLES, Invitation, Membership, Role
from accounts.people.models import Account, User
from accounts.tokens import secrets
from audit.models import AuditEvent

AccountIds = tuple[tuple[UUID, ...], tuple[UUID, ...]]  # those whose images somebody pulls, and those whose images they push


def account_ids_of(user: User) -> tuple[UUID, ...]:
    """Return the accounts whose images the user pulls: their own first, then their organisations'. One query."""
    return (user.account.pk, *organisations_of(user, roles=PULLING_ROLES).values_list("pk", flat=True))


def pulling_and_editing_ids_of(user: User) -> AccountIds:
    """Return the accounts whose images the user pulls, and those whose images they push: their own first in both. One query."""
    return pulling_and_editing_ids_of_each([user])[user.pk]


def pulling_and_editing_ids_of_each(users: Collection[User]) -> dict[UUID, AccountIds]:
    """Return the same for each of the users, by their key. One query for any number; their accounts must have been read with them."""
    roles = defaultdict[UUID, list[tuple[UUID, str]]](list)
    memberships = Membership.objects.filter(user__in=[user.pk for user in users]).order_by("pk")
    for user_id, account_id, role in memberships.values_list("user", "account", "role"):
        roles[user_id].append((account_id, role))

    def ids(user: User, those: Collection[Role]) -> tuple[UUID, ...]:
        return (user.account.pk, *(pk for pk, role in roles[user.pk] if role in those))

    return {user.pk: (ids(user, PULLING_ROLES), ids(user, EDITING_ROLES)) for user in users}


def organisations_of(user: User, *, roles: Collection[Role] = tuple(Role)) -> QuerySet[Account]:
    """Return the organisations in which the user has one of the roles, by name."""
    return Account.objects.filter(memberships__user=user, memberships__role__in=roles).order_by("name", "pk")


def memberships_of(user: User) -> QuerySet[Membership]:
    """Return the user's memberships by the organisation's name, the organisation joined."""
    return Membership.objects.filter(user=user).select_related("account").order_by("account__name", "pk")


def members_of(organisation: Account) -> QuerySet[Membership]:
    """Return the memberships of the organisation, oldest first, the people joined."""
    return Membership.objects.filter(account=organisation).select_related("user").order_by("created_at", "pk")


def owners_of(organisation: Account) -> QuerySet[User]:
    """Return the owners who can act: not those whom staff have disabled."""
    owning = {"memberships__account": organisation, "memberships__role": Role.OWNER}
    return User.objects.filter(is_active=True, **owning).order_by("pk")


def has_namespace(account: Account) -> bool:
    """Whether the account has a name to sell under. Namespaces are the marketplace's, above: only that they refer to accounts is known."""
    return Account.objects.filter(pk=account.pk, namespaces__isnull=False).exists()


def people_of(account: Account, *, roles: Collection[Role]) -> list[User]:
    """Return who reads mail for an account: the person, or who of an organisation has one of the roles and can sign in."""
    if account.user:
        return [account.user]
    return list(User.objects.filter(memberships__account=account, memberships__role__in=roles, is_active=True).order_by("pk"))


def require_authority(actor: User, organisation: Account, *, reason: str = "") -> None:
    """Make sure that the actor may decide who belongs to the organisation: an owner, or staff with a reason.

    Call it under the organisation's lock: who was an owner a moment ago may no longer be one.

    Raises:
        NotAnOwner: neither.
    """
    if actor.is_staff and reason.strip():
        return
    if not organisations_of(actor, roles=MANAGING_ROLES).filter(pk=organisation.pk).exists():
        raise NotAnOwner(name=organisation.name)


def count_acts(organisation: Account, *, action: str, since: datetime) -> int:
    """Count acts on an organisation in the audit trail."""
    acts = {"target_type": Account._meta.label_lower, "target_id": str(organisation.pk), "action": action}
    return AuditEvent.objects.filter(**acts, at__gt=since).count()


def accounts_departed(organisation_id: UUID, *, since: datetime) -> QuerySet[Account]:
    """Return the accounts of those who have left the organisation or were removed from it since then, as the audit trail tells."""
    ends = {"action__in": ("membership.left", "membership.removed"), "at__gte": since}
    trail = AuditEvent.objects.filter(target_type=Account._meta.label_lower, target_id=str(organisation_id), **ends)
    return Account.objects.filter(user__username__in=trail.values(member=KT("details__member")))


def pending_invitations_of(organisation: Account) -> QuerySet[Invitation]:
    """Return the organisation's unanswered invitations, newest first, expired ones included."""
    pending = Invitation.objects.filter(account=organisation, accepted_at__isnull=True, withdrawn_at__isnull=True)
    return pending.select_related("invited_by").order_by("-created_at")


def open_invitations_to(user: User) -> QuerySet[Invitation]:
    """Return the invitations that the user may accept now: those to an address that they have verified."""
    still_open = Invitation.objects.filter(accepted_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=timezone.now())
    return (
        still_open.filter(email__in=_addresses_of(user), invited_by__is_active=True)
        .select_related("account", "invited_by")
        .order_by("-created_at")
    )


def is_invited(user: User, invitation: Invitation) -> bool:
    """Whether the invitation is for a verified address of the user's."""
    return invitation.email in _addresses_of(user)


def find_invitation(secret: str) -> Invitation | None:
    """Return the invitation whose link carries the secret, in whatever state it is; None if there never was one."""
    if not secrets.is_invitation_secret(secret):
        return None
    return Invitation.objects.filter(secret_hash__in=secrets.secret_hashes(secret)).first()


def _addresses_of(user: User) -> list[str]:
    # Not verified_addresses of people: the token process reads this module, and has no allauth.
    return [email.lower() for email in user.emailaddress_set.filter(verified=True).values_list("email", flat=True)]
