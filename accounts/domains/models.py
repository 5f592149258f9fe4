"""The domain of a seller, and what was seen of it."""

from datetime import datetime, timedelta
from typing import Final

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.sellers.models import SellerProfile
from common.db.claims import Attempt

AGAIN: Final = timedelta(days=30)  # a proof that was seen is looked at again then
GRACE: Final = timedelta(days=7)  # so long a check may fail before the badge goes
PATIENCE: Final = timedelta(days=14)  # so long a proof that was never seen, or is gone, is looked for


class ShopDomain(Attempt):
    """A domain that a seller says is theirs, and the last time its proof was seen.

    Attributes:
        token: what the proof must hold, so that nobody passes another's off as their own.
        asked_at: when the seller last asked for a check.
        seen_at: when the proof was last seen; None if it never was.
        seen_by: where it was seen then.
        checked_at: when it was last looked for, seen or not.
    """

    class Proof(models.TextChoices):
        DNS = "dns", gettext_lazy("DNS record")
        FILE = "file", gettext_lazy("file on its website")

    seller = models.OneToOneField(SellerProfile, on_delete=models.CASCADE, primary_key=True, related_name="domain")
    domain = models.CharField(max_length=253)
    token = models.CharField(max_length=32)
    asked_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by = models.CharField(max_length=4, choices=Proof.choices, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(seen_at__isnull=True, seen_by="") | models.Q(seen_at__isnull=False, seen_by__in=["dns", "file"]),
                name="domain_seen_somewhere",
            ),
        )
        indexes = (models.Index(fields=("due_at",), name="domain_due"),)
        verbose_name = "domain of a seller"
        verbose_name_plural = "domains of sellers"

    def __str__(self) -> str:
        return self.domain

    @property
    def proof(self) -> str:
        """The text that the DNS record or the file must hold."""
        return f"layerstore-verification={self.token}"

    def is_verified(self, now: datetime) -> bool:
        """Whether the proof was seen within the last month, or within the week that a failing check is given."""
        return self.seen_at is not None and now - self.seen_at <= AGAIN + GRACE
