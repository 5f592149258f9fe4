"""How often an image was pulled, and by how many different clients: small rows, updated as the registry reports pulls."""

from datetime import date, timedelta

from django.db import models
from django.utils import timezone

from accounts.people.models import Account
from common.db.models import UUIDModel
from marketplace.images.models import Image
from marketplace.images.oci import LONGEST_TAG


class PullCount(UUIDModel):
    """Pulls of an image on one day (UTC). How a pull gets its tag, platform and buyer: `marketplace.insights.services`.

    Attributes:
        tag: empty if no tag pointed to it.
        platform: `os/architecture[/variant]`; empty while the manifest is not described.
        buyer: the account that pulled; empty for the anonymous.
    """

    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="pull_counts", db_index=False)  # first in the constraint
    day = models.DateField()
    tag = models.CharField(max_length=LONGEST_TAG, blank=True)
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


class PullerSketch(UUIDModel):
    """How many different pullers an image had in a day, a week or a month: a HyperLogLog with a standard error of 0.81 %.

    Redis adds to it and merges it. The row here is authoritative, and restores Redis after it was emptied (ADR 0018).

    Attributes:
        begins: the day, the Monday, or the first of the month, in UTC.
        sketch: as Redis stores it, at most 12 KiB; empty once the day is so long ago that the number is enough.
        distinct: its estimate when it was written.
    """

    class Period(models.TextChoices):
        DAY = "day"
        WEEK = "week"
        MONTH = "month"

        def of(self, day: date) -> date:
            """Return the first day of the period that contains a day."""
            if self is self.WEEK:
                return day - timedelta(days=day.weekday())
            return day.replace(day=1) if self is self.MONTH else day

    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="puller_sketches", db_index=False)  # first in the constraint
    period = models.CharField(max_length=5, choices=Period.choices)
    begins = models.DateField()
    sketch = models.BinaryField()
    distinct = models.PositiveBigIntegerField()
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("image", "period", "begins"), name="puller_sketch_unique"),)
        ordering = ("-begins", "image", "period")
        verbose_name_plural = "puller sketches"

    def __str__(self) -> str:
        return f"{self.distinct} pullers of {self.image} in the {self.period} of {self.begins}"
