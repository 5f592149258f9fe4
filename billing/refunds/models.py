"""Money that goes back. The row is written first and is what a sweep continues from."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from billing.orders.models import Order
from billing.orders.refund_windows import time_to_hear_of_pulls
from common.db.claims import Attempt
from common.db.models import UUIDModel
from common.money import Money


class Refund(UUIDModel, Attempt):
    """One refund of an order, whole or in part.

    Attributes:
        key_since: when the idempotency key was made with which Stripe is asked now; None before it is asked.
    """

    class State(models.TextChoices):
        WAITING = "waiting"  # recorded here; Stripe has not been asked, or has not answered yet
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    class Origin(models.TextChoices):
        """Whose decision it was."""

        STAFF = "staff"
        SELLER = "seller"
        BUYER = "buyer"  # alone, because nothing was pulled
        SHOP = "shop"  # by itself: the payment bought nothing
        STRIPE = "stripe"  # people in Stripe's dashboard

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    payment_intent_id = models.CharField(max_length=255, help_text="Which payment; a second payment of an order has its own.")
    amount = models.PositiveIntegerField(help_text="Minor units.")
    reason = models.CharField(max_length=500)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.STAFF, db_default=Origin.STAFF.value)
    takes_back = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Whether the seller's share and our fee's part go back with it. No: a failed refund has left the money with us.",
    )
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    stripe_refund_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    failure = models.CharField(max_length=500, blank=True)
    key_since = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(condition=~Q(reason=""), name="refund_has_a_reason"),
        )
        indexes = (models.Index(fields=("due_at",), condition=Q(state="waiting", given_up_at__isnull=True), name="refund_due"),)
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.money} of order {self.order.number}, {self.state}"

    @property
    def decides_at(self) -> datetime:
        """When a buyer's own refund is decided: by then each pull before it has been counted. Any other is decided already."""
        return self.created_at + time_to_hear_of_pulls() if self.origin == self.Origin.BUYER else self.created_at

    @property
    def money(self) -> Money:
        return Money(self.amount, self.order.currency)
