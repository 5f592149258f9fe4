"""Members of organisations, and invitations to become one."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts.people.models import Account, User
from common.db.models import UUIDModel


class Role(models.TextChoices):
    """The role of a member; the constants below say what each may do."""

    OWNER = "owner", gettext_lazy("Owner")
    EDITOR = "editor", gettext_lazy("Editor")
    MEMBER = "member", gettext_lazy("Member")
    BILLING = "billing", gettext_lazy("Billing")

    @property
    def meaning(self) -> str:
        """What the role may do, in one sentence."""
        return {
            Role.OWNER: gettext("Does everything, and decides who belongs to it, what it sells and for how much."),
            Role.EDITOR: gettext("Pulls, pushes its images, reserves names and edits its product pages."),
            Role.MEMBER: gettext("Pulls what it holds, with their own credentials."),
            Role.BILLING: gettext("Buys for it, sees its orders and sales; does not pull."),
        }[self]

    @property
    def pulls(self) -> bool:
        """Whether it may pull the images that the organisation holds."""
        return self in PULLING_ROLES

    @property
    def buys(self) -> bool:
        """Whether it may spend the organisation's money."""
        return self in BUYING_ROLES

    @property
    def manages(self) -> bool:
        """Whether it decides who belongs to the organisation, makes its robots, and publishes what it sells."""
        return self in MANAGING_ROLES


PULLING_ROLES = (Role.OWNER, Role.EDITOR, Role.MEMBER)  # pull, with their own credentials, what the organisation holds
EDITING_ROLES = (Role.OWNER, Role.EDITOR)  # push to its images, reserve names, edit product pages
BUYING_ROLES = (Role.OWNER, Role.BILLING)  # buy for it, see its orders and sales, ask for refunds
MANAGING_ROLES = (Role.OWNER,)  # invite, remove, change roles, make robots; publish, set prices, connect Stripe, hand namespaces over
SELLING_ROLES = (Role.OWNER, Role.EDITOR, Role.BILLING)  # open the pages of what it sells


class Membership(UUIDModel):
    """One person in one organisation, in one role. Deleted when they leave: the audit trail keeps what they did."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (
            # The user first: the token service looks up their accounts by it.
            models.UniqueConstraint(fields=("user", "account"), name="membership_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_known"),
        )
        ordering = ("created_at",)

    def __str__(self) -> str:
        return f"{self.user} in {self.account} ({self.role})"

    @property
    def meaning(self) -> str:
        """What the role means."""
        return Role(self.role).meaning

    @property
    def pulls(self) -> bool:
        """Whether the role pulls what the organisation holds."""
        return Role(self.role).pulls

    @property
    def buys(self) -> bool:
        """Whether the role buys for the organisation."""
        return Role(self.role).buys

    @property
    def sells(self) -> bool:
        """Whether the role sees what the organisation sells."""
        return Role(self.role) in SELLING_ROLES

    @property
    def manages(self) -> bool:
        """Whether the role manages the organisation."""
        return Role(self.role).manages


class Invitation(UUIDModel):
    """An invitation to join, sent by mail. Only a keyed hash of the link's secret is stored."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField(max_length=254, help_text="In lower case, as e-mail addresses of users are kept.")
    role = models.CharField(max_length=10, choices=Role.choices)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                "account",
                Lower("email"),
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="invitation_one_open",
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="invitation_role_known"),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False, withdrawn_at__isnull=True),
                name="invitation_accepted_by_somebody",
            ),
        )
        # How often an address was invited, and which invitations are open for it.
        indexes = (models.Index(fields=("email", "-created_at"), name="invitation_of_address"),)
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.email} to {self.account} ({self.role})"

    @property
    def is_open(self) -> bool:
        """Whether its link still works."""
        return not self.why_over

    @property
    def why_over(self) -> str:
        """A sentence that says what happened to it and what to do; empty while its link works."""
        if self.accepted_at is not None:
            return gettext("This invitation was already accepted.")
        if self.withdrawn_at is not None:
            return gettext(
                "This invitation was withdrawn, declined, or replaced by a newer one. Open the newest mail, or ask to be invited again."
            )
        if self.expires_at <= timezone.now():
            return gettext("This invitation has expired. Ask to be invited again.")
        if not self.invited_by.is_active:
            return gettext("The account that invited you is disabled. Ask another owner to invite you.")
        return ""
