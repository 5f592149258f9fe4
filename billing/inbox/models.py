"""The inbox of Stripe's webhooks."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from common.db.claims import Attempt


class StripeEvent(Attempt):
    """One delivery, stored before it is answered. `handled_at` is set in the transaction of its effect."""

    id = models.CharField(primary_key=True, max_length=255)  # Stripe's, evt_…
    type = models.CharField(max_length=100)
    object_id = models.CharField(max_length=255, help_text="What it is about: its current state is fetched, never taken from here.")
    account_id = models.CharField(max_length=255, blank=True)
    livemode = models.BooleanField()
    received_at = models.DateTimeField(default=timezone.now, editable=False)
    handled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("due_at",), condition=Q(handled_at__isnull=True, given_up_at__isnull=True), name="stripe_event_due"),
        )
        ordering = ("-received_at",)
        verbose_name = "Stripe event"

    def __str__(self) -> str:
        return f"{self.type} {self.id}"
