"""A new price for those who are subscribed: that its seller said so, and what it means for each subscription."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from billing.subscriptions.models import Subscription
from common.db.claims import Attempt
from common.db.models import UUIDModel
from common.money import Money
from marketplace.products.models import Price


class PriceAnnouncement(UUIDModel):
    """A seller's word that a price also counts for the subscriptions that run. A job tells each of them; `done_at` is when all are told."""

    price = models.ForeignKey(Price, on_delete=models.PROTECT, related_name="+")
    announced_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    notice_days = models.PositiveSmallIntegerField(help_text="How long before it counts those are told who pay more.")
    announced_at = models.DateTimeField(default=timezone.now, editable=False)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("price",), condition=Q(done_at__isnull=True), name="price_announcement_one_open"),)
        ordering = ("-announced_at",)

    def __str__(self) -> str:
        return f"{self.price}, {self.announced_at:%d %b %Y}"


class PriceChangeQuerySet(models.QuerySet["PriceChange"]):
    """Plain filters on changes of prices."""

    def open(self) -> "PriceChangeQuerySet":
        """Changes that Stripe was not told of yet: at most one of each subscription."""
        return self.filter(state=PriceChange.State.ANNOUNCED)

    def ahead(self) -> "PriceChangeQuerySet":
        """Changes whose first renewal is still to come, told to Stripe or not."""
        return self.exclude(state=PriceChange.State.DROPPED).filter(counts_from__gt=timezone.now())


class PriceChange(UUIDModel, Attempt):
    """Another price of one subscription: its buyer was told, or has chosen a smaller edition, and it counts from a renewal on.

    As an `Attempt` it is a question that is due to Stripe: that the renewals cost this.

    Attributes:
        announcement: None where the buyer has chosen it.
        was_amount: what a period costs when it is announced; `was_price` and `was_application_fee` belong to it.
        discount_amount: what a code then takes off each payment that it still reduces.
        counts_from: the first renewal that costs more or less: as it was mailed, and once Stripe has it, as Stripe says.
    """

    class State(models.TextChoices):
        ANNOUNCED = "announced", gettext_lazy("Announced")
        SET = "set", gettext_lazy("Set at Stripe")
        DROPPED = "dropped", gettext_lazy("Dropped")

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="price_changes")
    announcement = models.ForeignKey(PriceAnnouncement, on_delete=models.PROTECT, null=True, blank=True, related_name="changes")
    price = models.ForeignKey(Price, on_delete=models.PROTECT, related_name="+")
    amount = models.PositiveIntegerField(help_text="Of each period from then on, minor units.")
    application_fee = models.PositiveIntegerField(help_text="Our part of it, minor units.")
    was_price = models.ForeignKey(Price, on_delete=models.PROTECT, related_name="+")
    was_amount = models.PositiveIntegerField(help_text="Of each period before, minor units.")
    was_application_fee = models.PositiveIntegerField(help_text="Our part of it, minor units.")
    discount_amount = models.PositiveIntegerField(default=0, db_default=0, help_text="Taken off a payment that is still reduced.")
    counts_from = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.ANNOUNCED)
    announced_at = models.DateTimeField(default=timezone.now, editable=False)
    set_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["PriceChange"]] = PriceChangeQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("subscription",), condition=Q(state="announced"), name="price_change_one_open"),
            models.CheckConstraint(condition=Q(amount__gt=0, was_amount__gt=0), name="price_change_amounts_positive"),
        )
        indexes = (models.Index(fields=("due_at",), condition=Q(state="announced", given_up_at__isnull=True), name="price_change_due"),)
        ordering = ("-announced_at",)

    def __str__(self) -> str:
        return f"{self.subscription.product_title}, {self.was_money} to {self.money}, {self.state}"

    @property
    def changes(self) -> bool:
        """Whether it is something else than before: not where a change is taken back."""
        return self.amount != self.was_amount or self.chosen

    @property
    def chosen(self) -> bool:
        """Whether its buyer has chosen another edition, and has not taken that back."""
        return self.announcement_id is None and self.price_id != self.was_price_id

    @property
    def money(self) -> Money:
        """What each period costs from then on."""
        return Money(self.amount, self.subscription.currency)

    @property
    def reduced_money(self) -> Money:
        """What the first payments come to that a code still reduces; the same as `money` where none does."""
        return Money(self.amount - self.discount_amount, self.subscription.currency)

    @property
    def was_money(self) -> Money:
        """What each period costs until then."""
        return Money(self.was_amount, self.subscription.currency)
