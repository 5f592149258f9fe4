"""An image that was added to a product reaches those who have bought it before."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from common.db.models import UUIDModel
from marketplace.images.models import Image
from marketplace.products.models import Product


class Growth(UUIDModel):
    """A seller has said that an image of a product is for its earlier buyers too. A job gives it to them, in batches.

    Attributes:
        cursor: the last entitlement that the present round has come to.
        rounds: how often all were gone through; what was locked in one round is tried again in the next.
        given: to how many it was given.
        given_at: when all had it; then those who want mail about the product are told.
        mailed_to: the last subscription that a mail was queued for.
        done_at: when the last mail was queued.
    """

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="growths", db_index=False)  # first in an index
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    cursor = models.UUIDField(null=True, blank=True)
    rounds = models.PositiveSmallIntegerField(default=0)
    given = models.PositiveIntegerField(default=0)
    given_at = models.DateTimeField(null=True, blank=True)
    mailed_to = models.UUIDField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("product", "image"), condition=Q(done_at__isnull=True), name="growth_one_at_a_time"),
        )
        indexes = (models.Index(fields=("product", "-created_at"), name="growth_of_product"),)
        ordering = ("-created_at",)
        verbose_name = "image for earlier buyers"
        verbose_name_plural = "images for earlier buyers"

    def __str__(self) -> str:
        return f"{self.image} to buyers of {self.product}"
