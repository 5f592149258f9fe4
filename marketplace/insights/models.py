"""How often an image was pulled, and by how many: small rows, counted up as the registry tells of pulls."""

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
        tag: empty for what no tag pointed at.
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
    """How many different pullers an image had in a day, a week or a month: a HyperLogLog, which says so within 0.81 % (standard error).

    Redis adds to it and merges; what is here is what counts, and what Redis is given back when it was emptied (ADR 0018).

    Attributes:
        begins: the day, the Monday, or the first of the month, in UTC.
        sketch: Redis' own form of it, at most 12 KiB; empty once the day is so long gone that its number is enough.
        distinct: what it said when it was written.
    """

    class Period(models.TextChoices):
        DAY = "day"
        WEEK = "week"
        MONTH = "month"

        def of(self, day: date) -> date:
            """Return the day on which the period begins that a day is in."""
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
