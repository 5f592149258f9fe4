"""Money that Stripe sends to a bank, or takes from one for a balance below zero. The rows follow Stripe's."""

from typing import Final

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.sellers.models import SellerProfile
from common.db.claims import ERROR_LENGTH, Attempt
from common.money import Money

_STATUSES = {
    "pending": gettext_lazy("Prepared"),
    "in_transit": gettext_lazy("On its way"),
    "paid": gettext_lazy("Paid out"),
    "failed": gettext_lazy("Came back"),
    "canceled": gettext_lazy("Cancelled"),
}
_STATUSES_OF_DEBITS = _STATUSES | {"paid": gettext_lazy("Taken from your bank"), "failed": gettext_lazy("Refused by your bank")}
ON_THEIR_WAY: Final = ("pending", "in_transit")
_BACK = frozenset(("failed", "canceled"))


class Payout(Attempt):
    """One payout from a balance at Stripe to a bank, as Stripe last reported it. Below zero it is a debit of that bank.

    As an `Attempt` it is a question that is due to Stripe once it should have arrived: whether it has.
    """

    id = models.CharField(primary_key=True, max_length=255)  # Stripe's, po_…
    seller = models.ForeignKey(
        SellerProfile, on_delete=models.PROTECT, null=True, blank=True, related_name="payouts", help_text="Empty: to our own bank."
    )
    stripe_account_id = models.CharField(max_length=255, blank=True, help_text="From whose balance; empty for our own.")
    status = models.CharField(max_length=50, help_text="Stripe's word.")
    amount = models.BigIntegerField(help_text="Minor units; below zero it is taken from the bank.")
    currency = models.CharField(max_length=3)
    failure = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    arrives_at = models.DateTimeField(help_text="When it should be at the bank.")
    # The fields of `Attempt`, with values for the rows that a version writes which does not know them.
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    due_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    last_error = models.CharField(max_length=ERROR_LENGTH, blank=True, default="", db_default="", editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(seller__isnull=True) | ~Q(stripe_account_id=""), name="payout_of_seller_has_account"),
        )
        indexes = (
            models.Index(fields=("seller", "-created_at"), name="payout_of_seller"),
            models.Index(fields=("due_at",), condition=Q(status__in=ON_THEIR_WAY, given_up_at__isnull=True), name="payout_due"),
        )
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.money} {self.id}, {self.status}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def debit(self) -> Money | None:
        """What is taken from the bank; None where it is paid out."""
        return -self.money if self.amount < 0 else None

    @property
    def status_words(self) -> str:
        """What Stripe's word means, in the reader's language; the word itself where this version does not know it."""
        words = _STATUSES_OF_DEBITS if self.debit else _STATUSES
        return str(words.get(self.status, self.status))

    @property
    def has_come_back(self) -> bool:
        return self.status in _BACK
