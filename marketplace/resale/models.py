"""Pushes that hold what another seller sells."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from common.db.models import UUIDModel
from marketplace.images.models import Image
from marketplace.images.oci import LONGEST_DIGEST


class ResaleFlag(UUIDModel):
    """A push whose layers first appeared in another seller's paid image. It changes nothing by itself: staff decide.

    Attributes:
        image: what was pushed to.
        origin: the paid image that had the layers first.
        layers: digests of those that both have and that the origin had first.
        size: bytes of these.
    """

    class Outcome(models.TextChoices):
        DISMISSED = "dismissed"  # these layers are not flagged for this seller again
        UPHELD = "upheld"  # it is a resale; what follows is an act of its own

    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="resale_flags")
    digest = models.CharField(max_length=LONGEST_DIGEST)
    origin = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="resold_by")
    origin_digest = models.CharField(max_length=LONGEST_DIGEST)
    layers = ArrayField(models.CharField(max_length=LONGEST_DIGEST))
    size = models.PositiveBigIntegerField()
    flagged_at = models.DateTimeField(default=timezone.now, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True, editable=False)
    closing_reason = models.CharField(max_length=500, blank=True, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("image", "origin"), condition=Q(closed_at__isnull=True), name="resale_flag_one_open"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, outcome="") | Q(closed_at__isnull=False) & ~Q(outcome="") & ~Q(closing_reason=""),
                name="resale_flag_closed_with_a_reason",
            ),
        )
        ordering = ("-flagged_at",)

    def __str__(self) -> str:
        return f"{self.image} holds layers of {self.origin}"
