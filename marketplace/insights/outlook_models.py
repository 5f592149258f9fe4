"""What is found in a daily series, a row for each: money by currency, and counts."""

from django.db import models

from accounts.sellers.models import SellerProfile
from common.db.models import UUIDModel
from marketplace.insights.findings import Figure
from marketplace.products.models import Product

COUNTED = [(figure.value, figure.value) for figure in Figure if figure is not Figure.REVENUE]


class SeriesOutlook(UUIDModel):
    """Trend, smoothed line and forecast of one series of a seller, of all that they have or of one product: worked out once a day.

    Attributes:
        product: empty for all that the seller has.
        until: the last day (UTC) that it knows; empty until it is worked out for the first time.
        tried_at: when a worker last began to.
        found: `marketplace.insights.outlook.Found`.
    """

    seller = models.ForeignKey(SellerProfile, on_delete=models.CASCADE, related_name="+", db_index=False)  # first in the constraint
    product = models.ForeignKey(Product, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    until = models.DateField(null=True, blank=True)
    tried_at = models.DateTimeField(null=True, blank=True)
    found = models.JSONField(default=dict)

    class Meta:
        abstract = True


class RevenueOutlook(SeriesOutlook):
    """What a seller earns in one currency."""

    currency = models.CharField(max_length=3)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("seller", "product", "currency"), nulls_distinct=False, name="revenue_outlook_unique"),
        )
        ordering = ("seller", "product", "currency")

    def __str__(self) -> str:
        return f"{self.currency} of {self.product or self.seller}"


class CountOutlook(SeriesOutlook):
    """How often something happened, whatever was paid."""

    figure = models.CharField(max_length=6, choices=COUNTED)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("seller", "product", "figure"), nulls_distinct=False, name="count_outlook_unique"),)
        ordering = ("seller", "product", "figure")

    def __str__(self) -> str:
        return f"{self.figure} of {self.product or self.seller}"
