"""What is counted: pulls, distinct pullers and views as they come, and the daily series that pages, API and staff read."""

from datetime import date, timedelta

from django.db import models
from django.utils import timezone

from accounts.people.models import Account
from accounts.sellers.models import SellerProfile
from common.db.models import UUIDModel
from marketplace.images.models import Image
from marketplace.images.oci import LONGEST_TAG
from marketplace.products.models import Product

SKETCHES_KEPT = timedelta(days=400)  # after that only a day's number is stored, for nobody is added to it any more


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


class BuyerPull(UUIDModel):
    """Pulls of a bought image by who bought it, on one day (UTC), from one address with one client: proof that it was used (ADR 0018).

    Of nobody else's pulls an address is kept, and of these for a time that is a setting.

    Attributes:
        address: as the registry saw it; empty if it told none.
        client: the user agent, cut at 200 characters.
        first_at, last_at: the earliest and the latest of them.
    """

    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="+")
    buyer = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)  # first in the constraint
    day = models.DateField(db_index=True)
    digest = models.CharField(max_length=200)
    address = models.GenericIPAddressField(null=True, blank=True)
    client = models.CharField(max_length=200, blank=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.PositiveBigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("buyer", "image", "day", "digest", "address", "client"), nulls_distinct=False, name="buyer_pull_unique"
            ),
        )
        ordering = ("first_at", "id")

    def __str__(self) -> str:
        return f"{self.count} of {self.digest[:19]} on {self.day}"


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


class ProductViews(UUIDModel):
    """How often a product's page was opened on one day (UTC), by whomever: nothing else is kept of a visit."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="daily_views", db_index=False)  # first in the constraint
    day = models.DateField()
    count = models.PositiveBigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("product", "day"), name="product_views_unique"),)
        ordering = ("-day", "product")
        verbose_name_plural = "product views"

    def __str__(self) -> str:
        return f"{self.count} views of {self.product} on {self.day}"


class DailyFigures(UUIDModel):
    """The figures of one whole day (UTC): of a product, of all that a seller has, or of the whole shop.

    Each row can be derived again from its sources, with the same result: `marketplace.insights.rollup` writes the rows without a currency,
    which count pulls and views; `billing.sales` writes the others, which count money. A day without a row is a day of zeros.

    Attributes:
        seller: empty for the whole shop.
        product: empty for all that the seller has. An image in two products counts in each, and once in all.
        currency: empty for what is not money.
        paid: what buyers paid that day, minor units.
        refunded: what went back that day, to them or to their banks.
        refunds: how often.
        checkouts: orders placed, paid or not; of a subscription its first.
        renewals: of the orders paid that day, those for a later period of a subscription, or for the difference to a larger edition of it.
            None where the day was derived before they were told apart: the daily job derives it again.
        first_pulls: of the other orders paid that day, those whose holder, the buyer or who claimed the gift, has pulled since.
        pullers: distinct pullers of the day, and from Monday or the first of the month to this day: HyperLogLog, standard error 0.81 %.
        sketch: the day's pullers as Redis merges them; emptied after `SKETCHES_KEPT`.
    """

    seller = models.ForeignKey(SellerProfile, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    day = models.DateField()
    currency = models.CharField(max_length=3, blank=True)
    paid = models.PositiveBigIntegerField(default=0)
    refunded = models.PositiveBigIntegerField(default=0)
    orders = models.PositiveIntegerField(default=0)
    refunds = models.PositiveIntegerField(default=0)
    checkouts = models.PositiveIntegerField(default=0)
    renewals = models.PositiveIntegerField(default=0, null=True)
    first_pulls = models.PositiveIntegerField(default=0)
    pulls = models.PositiveBigIntegerField(default=0)
    views = models.PositiveBigIntegerField(default=0)
    pullers = models.PositiveBigIntegerField(default=0)
    pullers_of_week = models.PositiveBigIntegerField(default=0)
    pullers_of_month = models.PositiveBigIntegerField(default=0)
    sketch = models.BinaryField(default=b"")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("seller", "product", "day", "currency"), nulls_distinct=False, name="daily_figures_unique"),
        )
        indexes = (models.Index(fields=("day",), name="daily_figures_day"),)
        ordering = ("-day", "seller", "product", "currency")
        verbose_name_plural = "daily figures"

    def __str__(self) -> str:
        return f"{self.product or self.seller or 'the whole shop'} on {self.day}"
