"""How often an image was pulled: one small row for each day, tag, platform and buyer, counted up as the registry tells of pulls."""

from django.db import models

from accounts.models import Account
from common.models import UUIDModel
from marketplace.models.images import Image


class PullCount(UUIDModel):
    """Pulls of an image on one day (UTC). How a pull gets its tag, platform and buyer: `marketplace.services.pulls`.

    Attributes:
        tag: empty for what no tag pointed at.
        platform: `os/architecture[/variant]`; empty while the manifest is not described.
        buyer: the account that pulled; empty for the anonymous.
    """

    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="pull_counts", db_index=False)  # first in the constraint
    day = models.DateField()
    tag = models.CharField(max_length=128, blank=True)
    platform = models.CharField(max_length=80, blank=True)
    buyer = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    count = models.PositiveBigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("image", "day", "tag", "platform", "buyer"), nulls_distinct=False, name="pull_count_unique"),
        )
        ordering = ("-day", "image", "tag")

    def __str__(self) -> str:
        return f"{self.count} of {self.image}:{self.tag} on {self.day}"
