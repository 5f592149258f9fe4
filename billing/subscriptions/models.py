"""A product that is paid for by the month or the year."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.people.models import Account
from accounts.sellers.models import SellerProfile
from common.db.claims import Attempt
from common.db.models import UUIDModel
from common.money import Money
from marketplace.products.models import Price, Product


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    """Plain filters on subscriptions."""

    def running(self) -> "SubscriptionQuerySet":
        """Subscriptions that have not ended at Stripe."""
        return self.exclude(state=Subscription.State.ENDED)


class Subscription(UUIDModel, Attempt):
    """What an account is subscribed to. It begins with its first payment; each paid period is an order of its own.

    As an `Attempt` it is a question that is due to Stripe: how it stands. What it was sold for is copied here.

    Attributes:
        amount: of the next period; `price` and `application_fee` belong to it. Only a `PriceChange` or an `Upgrade` changes them.
        discount_code, discount_amount: what a code takes off each payment that it reduces; 0 for none.
        reduced_until: the end of the last period that it reduces; None where it reduces every one.
        destination_account_id: follows its seller to another account (`follow_seller`); an order keeps the one that was paid.
        ends_with_period: its buyer has cancelled it; it is not renewed.
        period_end: of the period that Stripe counts now, paid or not.
        access_until: when pull access ends unless another period is paid before; None while there is none.
        part_until: when pull access to some of the images ends before that of the others, of a larger edition that is not renewed.
        failed_at: since when its payment fails, or failed when it ended.
        end_wanted_at: when the shop decided to end it at once; Stripe is asked until it has.
        end_reason: why, which its buyer reads: a sentence of ours, or what staff wrote.
    """

    class State(models.TextChoices):
        ACTIVE = "active", gettext_lazy("Active")
        PAST_DUE = "past_due", gettext_lazy("Payment failed")
        UNPAID = "unpaid", gettext_lazy("Not paid")
        ENDED = "ended", gettext_lazy("Ended")

    buyer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="subscriptions")
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    seller = models.ForeignKey(SellerProfile, on_delete=models.PROTECT, related_name="subscriptions")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="subscriptions")
    price = models.ForeignKey(Price, on_delete=models.PROTECT, related_name="+")
    product_title = models.CharField(max_length=80)
    email = models.EmailField(max_length=254, help_text="Where receipts go, and what goes wrong.")
    amount = models.PositiveIntegerField(help_text="Of each period, minor units.")
    currency = models.CharField(max_length=3)
    application_fee = models.PositiveIntegerField(help_text="Our part of each period, minor units.")
    discount_code = models.CharField(max_length=40, blank=True, default="", db_default="")
    discount_amount = models.PositiveIntegerField(default=0, db_default=0, help_text="Taken off a payment that is reduced, minor units.")
    reduced_until = models.DateTimeField(null=True, blank=True)
    destination_account_id = models.CharField(max_length=255, help_text="The seller's account at Stripe when it was sold.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    stripe_subscription_id = models.CharField(max_length=255, unique=True)
    stripe_customer_id = models.CharField(max_length=255)
    ends_with_period = models.BooleanField(default=False)
    period_end = models.DateTimeField(null=True, blank=True)
    access_until = models.DateTimeField(null=True, blank=True)
    part_until = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    end_wanted_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=500, blank=True)
    revision = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Subscription"]] = SubscriptionQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(amount__gt=0), name="subscription_amount_positive"),
            models.CheckConstraint(condition=~Q(state="ended") | Q(ended_at__isnull=False), name="subscription_ended_has_a_date"),
        )
        indexes = (
            models.Index(fields=("buyer", "-created_at"), name="subscription_of_buyer"),
            models.Index(fields=("due_at",), condition=~Q(state="ended") & Q(given_up_at__isnull=True), name="subscription_due"),
            models.Index(fields=("access_until",), condition=Q(access_until__isnull=False), name="subscription_access_until"),
            models.Index(fields=("part_until",), condition=Q(part_until__isnull=False), name="subscription_part_until"),
        )
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.product_title}, {self.money}, {self.state}"

    @property
    def money(self) -> Money:
        """What each period costs, without what a code takes off."""
        return Money(self.amount, self.currency)

    def has_code_at(self, moment: datetime) -> bool:
        """Whether a code counts for a period that begins then, even if it takes nothing off the price of now, which is the smallest."""
        return bool(self.discount_code) and (self.reduced_until is None or moment < self.reduced_until)

    def is_reduced_at(self, moment: datetime) -> bool:
        """Whether a code reduces the payment for a period that begins then."""
        return bool(self.discount_amount) and self.has_code_at(moment)

    @property
    def next_money(self) -> Money:
        """What the next payment comes to, unless its price changes."""
        reduced = self.is_reduced_at(self.period_end or timezone.now())
        return Money(self.amount - self.discount_amount, self.currency) if reduced else self.money

    @property
    def pays_seller(self) -> bool:
        """Whether its periods are paid to the account at Stripe that its seller has now."""
        return self.destination_account_id == self.seller.stripe_account_id

    @property
    def running(self) -> bool:
        return self.state != self.State.ENDED
