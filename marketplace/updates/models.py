"""Who wants mail about new versions of a product, and up to when its buyers were told."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from common.db.models import UUIDModel
from marketplace.products.models import Product


class UpdateSubscription(UUIDModel):
    """A user wants mail about new versions of a product. They get it while they can pull one of its images; deleted when they want none."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="update_subscriptions", db_index=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="update_subscriptions", db_index=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "product"), name="update_subscription_once"),)
        indexes = (models.Index(fields=("product", "id"), name="update_subscription_turn"),)

    def __str__(self) -> str:
        return f"{self.user} about {self.product}"


class ProductUpdates(models.Model):
    """What the subscribers of a product were told; made with its first subscription.

    Attributes:
        covered_until: moves of tags up to then have been mailed, or were nothing to mail.
        mailed_at: when a mail was last queued.
        sending_until: while a mail goes out, the moves up to which it tells of.
        cursor: the last subscription that it was queued for.
    """

    product = models.OneToOneField(Product, on_delete=models.CASCADE, primary_key=True, related_name="updates")
    covered_until = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True, blank=True)
    sending_until = models.DateTimeField(null=True, blank=True)
    cursor = models.UUIDField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "product updates"

    def __str__(self) -> str:
        return f"Updates of {self.product}"
