"""Who may pull what, and why."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.people.models import Account
from common.db.models import UUIDModel
from marketplace.images.models import Image


class EntitlementQuerySet(models.QuerySet["Entitlement"]):
    """Plain filters on entitlements."""

    def live(self) -> "EntitlementQuerySet":
        """Entitlements that are not revoked; suspended ones may be resumed."""
        return self.filter(revoked_at__isnull=True)

    def in_force(self) -> "EntitlementQuerySet":
        """Entitlements that let their holder pull now."""
        return self.live().filter(suspended_at__isnull=True)


class Entitlement(UUIDModel):
    """The holder may pull the image because of a source. Entitlements are revoked with a reason and a time, never deleted.

    The source is a row of a layer above, named by kind and UUID, without a foreign key: billing grants, registry_auth reads.
    """

    class Source(models.TextChoices):
        ORDER = "order", gettext_lazy("Bought")  # billing.Order
        FREE = "free", gettext_lazy("Got for free")  # marketplace.Product
        STAFF = "staff", gettext_lazy("Given by staff")  # audit.AuditEvent

    holder = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entitlements")
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="entitlements")
    source_kind = models.CharField(max_length=10, choices=Source.choices)
    source_id = models.UUIDField()
    granted_at = models.DateTimeField(default=timezone.now, editable=False)
    suspended_at = models.DateTimeField(null=True, blank=True)  # while a dispute is open
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
            # The policy asks "does one of these accounts hold this image": answered from the index alone.
            models.Index(
                fields=("holder", "image"),
                condition=Q(revoked_at__isnull=True, suspended_at__isnull=True),
                name="entitlement_in_force",
            ),
            models.Index(fields=("source_kind", "source_id"), name="entitlement_of_source"),
        )
        ordering = ("-granted_at",)

    def __str__(self) -> str:
        return f"{self.holder} may pull {self.image}"

    @property
    def in_force(self) -> bool:
        return self.revoked_at is None and self.suspended_at is None
