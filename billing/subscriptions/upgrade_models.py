"""The change of a running subscription to a larger edition, in the middle of a period, for which the difference is paid at once."""

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


class UpgradeQuerySet(models.QuerySet["Upgrade"]):
    """Plain filters on upgrades."""

    def open(self) -> "UpgradeQuerySet":
        """Upgrades for which something is left to do: at most one of each subscription."""
        return self.filter(state__in=Upgrade.OPEN)


class Upgrade(UUIDModel, Attempt):
    """That somebody has confirmed to pay the difference now, and another price from the next period on.

    As an `Attempt` it is a question that is due to Stripe: whether it was paid. What was confirmed is copied here.

    Attributes:
        charge: what is paid now for the rest of the period; `charge_fee` is our part of it.
        amount: of each period from then on; `application_fee` is our part of it.
        was_amount: of each period before; `was_price` and `was_application_fee` belong to it.
        prorated_at: from when the rest of the period is counted, as it was shown.
        invoice_id: Stripe's invoice of the difference; None until Stripe has answered.
        pay_url: where the buyer confirms the payment at their bank, while they have to.
    """

    class State(models.TextChoices):
        ASKED = "asked", gettext_lazy("Being charged")
        UNPAID = "unpaid", gettext_lazy("Waits for its payment")
        PAID = "paid", gettext_lazy("Paid")  # only our part of later periods is left to be told to Stripe
        DONE = "done", gettext_lazy("Done")
        FAILED = "failed", gettext_lazy("Not made")

    OPEN: ClassVar = (State.ASKED, State.UNPAID, State.PAID)

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="upgrades")
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    price = models.ForeignKey(Price, on_delete=models.PROTECT, related_name="+")
    product_title = models.CharField(max_length=80)
    charge = models.PositiveIntegerField(help_text="For the rest of the period, minor units.")
    charge_fee = models.PositiveIntegerField(help_text="Our part of it, minor units.")
    amount = models.PositiveIntegerField(help_text="Of each period from then on, minor units.")
    application_fee = models.PositiveIntegerField(help_text="Our part of it, minor units.")
    was_price = models.ForeignKey(Price, on_delete=models.PROTECT, related_name="+")
    was_amount = models.PositiveIntegerField(help_text="Of each period before, minor units.")
    was_application_fee = models.PositiveIntegerField(help_text="Our part of it, minor units.")
    prorated_at = models.DateTimeField()
    period_end = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    invoice_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    pay_url = models.TextField(blank=True)
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True)
    why_failed = models.CharField(max_length=500, blank=True, help_text="Which its buyer reads.")

    objects: ClassVar[models.Manager["Upgrade"]] = UpgradeQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("subscription",), condition=Q(state__in=("asked", "unpaid", "paid")), name="upgrade_one_open"),
            models.CheckConstraint(condition=Q(charge__gt=0) & Q(charge_fee__lte=models.F("charge")), name="upgrade_charge_positive"),
            models.CheckConstraint(
                condition=Q(state__in=("asked", "unpaid", "paid")) | Q(closed_at__isnull=False), name="upgrade_closed_has_a_date"
            ),
        )
        indexes = (
            models.Index(
                fields=("due_at",), condition=Q(state__in=("asked", "unpaid", "paid"), given_up_at__isnull=True), name="upgrade_due"
            ),
        )
        ordering = ("-asked_at",)

    def __str__(self) -> str:
        return f"{self.product_title}, {self.charge_money}, {self.state}"

    @property
    def charge_money(self) -> Money:
        """What is paid now."""
        return Money(self.charge, self.subscription.currency)

    @property
    def money(self) -> Money:
        """What each period costs from then on."""
        return Money(self.amount, self.subscription.currency)
