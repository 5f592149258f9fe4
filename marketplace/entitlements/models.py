"""Who may pull what, and why."""

from datetime import datetime
from typing import ClassVar, Final

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.people.models import Account
from common.db.models import UUIDModel
from marketplace.images.models import Image

TIME_OVER: Final = gettext_noop("It was given until this moment.")
TRIAL_OVER: Final = gettext_noop("The trial is over.")


class EntitlementQuerySet(models.QuerySet["Entitlement"]):
    """Plain filters on entitlements."""

    def live(self) -> "EntitlementQuerySet":
        """Entitlements that are not revoked; suspended ones may be resumed."""
        return self.filter(revoked_at__isnull=True)

    def in_force(self) -> "EntitlementQuerySet":
        """Entitlements that let their holder pull now."""
        return self.live().filter(Q(ends_at__isnull=True) | Q(ends_at__gt=timezone.now()), suspended_at__isnull=True)

    def for_good(self) -> "EntitlementQuerySet":
        """Entitlements that are not revoked and have no end: whoever has them lacks nothing, even while one is suspended."""
        return self.live().filter(ends_at__isnull=True)


class Entitlement(UUIDModel):
    """The holder may pull the image because of a source. Entitlements are revoked with a reason and a time, never deleted.

    The source is a row of a layer above, named by kind and UUID, without a foreign key: billing grants, registry_auth reads.
    """

    class Source(models.TextChoices):
        ORDER = "order", gettext_lazy("Bought")  # billing.Order
        FREE = "free", gettext_lazy("Got for free")  # marketplace.Product
        SUBSCRIPTION = "subscribed", gettext_lazy("Subscribed")  # billing.Subscription
        STAFF = "staff", gettext_lazy("Given by staff")  # audit.AuditEvent
        SELLER = "seller", gettext_lazy("Given by the seller")  # marketplace.Gift
        TRIAL = "trial", gettext_lazy("Trial begun")  # marketplace.Trial

    holder = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entitlements")
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="entitlements")
    source_kind = models.CharField(max_length=10, choices=Source.choices)
    source_id = models.UUIDField()
    granted_at = models.DateTimeField(default=timezone.now, editable=False)
    suspended_at = models.DateTimeField(null=True, blank=True)  # while a dispute is open
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Until when it was given; empty for good.")
    end_reminded_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revocation_reason = models.CharField(max_length=500, blank=True)

    objects: ClassVar[models.Manager["Entitlement"]] = EntitlementQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("holder", "image", "source_kind", "source_id"),
                condition=Q(revoked_at__isnull=True),
                name="entitlement_live_unique",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | ~Q(revocation_reason=""),
                name="entitlement_revocation_has_a_reason",
            ),
        )
        indexes = (
            # The policy asks "does one of these accounts hold this image, and until when": answered from the index alone.
            models.Index(
                fields=("holder", "image"),
                include=("ends_at",),
                condition=Q(revoked_at__isnull=True, suspended_at__isnull=True),
                name="entitlement_held_until",
            ),
            models.Index(fields=("ends_at",), condition=Q(revoked_at__isnull=True, ends_at__isnull=False), name="entitlement_ending"),
            models.Index(fields=("source_kind", "source_id"), name="entitlement_of_source"),
        )
        ordering = ("-granted_at",)

    def __str__(self) -> str:
        return f"{self.holder} may pull {self.image}"

    @property
    def ended_at(self) -> datetime | None:
        """When it ended: it was revoked, or its time was over; a job marks the latter a little later."""
        over = self.ends_at is not None and self.ends_at <= timezone.now()
        return self.revoked_at or (self.ends_at if over else None)

    @property
    def why_ended(self) -> str:
        """Why it ended, a message of the catalogue; empty while it has not."""
        if self.ended_at is None:
            return ""
        return self.revocation_reason or (TRIAL_OVER if self.source_kind == self.Source.TRIAL else TIME_OVER)

    @property
    def in_force(self) -> bool:
        return self.ended_at is None and self.suspended_at is None


PAID: Final = (Entitlement.Source.ORDER, Entitlement.Source.SUBSCRIPTION)  # sources that somebody pays for: a refund ends them
