"""Payments that a buyer's bank wants back. The rows follow Stripe's: staff see the deadline, and nothing is refunded beside a dispute."""

from django.db import models

from billing.orders.models import Order
from billing.stripe.payment_data import DISPUTE_STATES, DisputeState, dispute_state
from common.money import Money


class Dispute(models.Model):
    """One dispute of an order's payment, as Stripe last reported it."""

    id = models.CharField(primary_key=True, max_length=255)  # Stripe's, dp_…
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="disputes")
    status = models.CharField(max_length=50, help_text="Stripe's word.")
    reason = models.CharField(max_length=100, help_text="Stripe's word for what the buyer says.")
    amount = models.PositiveIntegerField(help_text="Minor units.")
    currency = models.CharField(max_length=3)
    opened_at = models.DateTimeField()
    respond_by = models.DateTimeField(null=True, blank=True, help_text="Until when Stripe takes evidence; none where it takes no answer.")
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=("respond_by",), name="dispute_respond_by"),)
        ordering = ("-opened_at",)

    def __str__(self) -> str:
        return f"{self.money} of order {self.order.number}, {self.status}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def state(self) -> DisputeState:
        return dispute_state(self.status)

    @property
    def is_known(self) -> bool:
        """Whether this version knows what the status means."""
        return self.status in DISPUTE_STATES
