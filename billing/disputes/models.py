"""Payments that a buyer's bank wants back, what the shop answers, and what is taken back from the seller once one is lost.

The rows of disputes follow Stripe's. Nothing is refunded beside a dispute.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from billing.orders.models import Order
from billing.stripe.payment_data import DISPUTE_STATES, NEEDS_RESPONSE, DisputeState, dispute_state
from common.db.claims import Attempt
from common.db.models import UUIDModel
from common.money import Money

LONGEST_STATEMENT = 5_000  # characters of what a seller says
_STATUSES = {
    "warning_needs_response": gettext_lazy("The bank asks a question"),
    "warning_under_review": gettext_lazy("Answered; the bank is looking at it"),
    "warning_closed": gettext_lazy("Closed: nothing was taken"),
    "prevented": gettext_lazy("Closed: nothing was taken"),
    "won": gettext_lazy("Won: the money is back"),
    "needs_response": gettext_lazy("Waits for an answer"),
    "under_review": gettext_lazy("Answered; the bank is looking at it"),
    "appeal_needs_response": gettext_lazy("Appealed; waits for an answer"),
    "appeal_under_review": gettext_lazy("Appealed; the bank is looking at it"),
    "lost": gettext_lazy("Lost"),
}
# Stripe, "The Dispute object": what the buyer or their bank says.
_REASONS = {
    "bank_cannot_process": gettext_lazy("The bank could not process the debit"),
    "check_returned": gettext_lazy("The bank returned the payment"),
    "credit_not_processed": gettext_lazy("A promised refund did not come"),
    "customer_initiated": gettext_lazy("The buyer had the debit returned"),
    "debit_not_authorized": gettext_lazy("The buyer says that they did not agree to the debit"),
    "duplicate": gettext_lazy("The buyer says that they paid twice"),
    "fraudulent": gettext_lazy("The buyer says that they did not make this payment"),
    "incorrect_account_details": gettext_lazy("The account’s details are wrong"),
    "insufficient_funds": gettext_lazy("The buyer’s account did not have enough"),
    "product_not_received": gettext_lazy("The buyer says that they did not get what they paid for"),
    "product_unacceptable": gettext_lazy("The buyer says that it is not what was described"),
    "subscription_canceled": gettext_lazy("The buyer says that they had cancelled"),
    "unrecognized": gettext_lazy("The buyer does not recognise the payment"),
}


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
    seller_statement = models.TextField(
        blank=True, default="", db_default="", max_length=LONGEST_STATEMENT, help_text="What the seller says; sent with the evidence."
    )

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

    @property
    def status_words(self) -> str:
        """What Stripe's word means, in the reader's language; the word itself where this version does not know it."""
        return str(_STATUSES.get(self.status, self.status))

    @property
    def reason_words(self) -> str:
        """What the buyer or their bank says, in the reader's language."""
        return str(_REASONS.get(self.reason, self.reason.replace("_", " ")))

    @property
    def is_inquiry(self) -> bool:
        """Whether the bank only asks, and has taken nothing."""
        return self.status.startswith("warning_")

    @property
    def needs_response(self) -> bool:
        """Whether the bank waits for an answer, as far as we have heard."""
        return self.status in NEEDS_RESPONSE


class DisputeEvidence(UUIDModel, Attempt):
    """One answer to a bank: what was put together, who sent it, and what became of it. Written before Stripe is asked."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for Stripe"
        SUBMITTED = "submitted", "Submitted"
        REFUSED = "refused", "Refused by Stripe"

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="evidence")
    stage = models.CharField(max_length=50, help_text="The status of the dispute that it answers.")
    fields = models.JSONField(help_text="As Stripe takes them.")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    failure = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("dispute", "stage"), condition=~Q(state="refused"), name="dispute_evidence_once_a_stage"),
        )
        indexes = (models.Index(fields=("due_at",), condition=Q(state="waiting", given_up_at__isnull=True), name="dispute_evidence_due"),)
        ordering = ("-created_at",)
        verbose_name_plural = "dispute evidence"

    def __str__(self) -> str:
        return f"evidence for {self.dispute_id}, {self.state}"


class TransferReversal(UUIDModel, Attempt):
    """What is taken back from a seller because a dispute of their sale was lost. Its id is Stripe's idempotency key."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for Stripe"
        SUCCEEDED = "succeeded", "Taken back"
        CLOSED = "closed", "Closed by staff"

    dispute = models.OneToOneField(Dispute, on_delete=models.PROTECT, related_name="reversal")
    transfer_id = models.CharField(max_length=255, help_text="Stripe's, tr_…")
    amount = models.PositiveIntegerField(help_text="Minor units of the transfer.")
    fee_amount = models.PositiveIntegerField(help_text="Our fee's part of it, which the seller gets back; minor units.")
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    stripe_reversal_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(amount__gt=0), name="transfer_reversal_amount_positive"),
            models.CheckConstraint(condition=Q(fee_amount__lte=models.F("amount")), name="transfer_reversal_fee_within_amount"),
            models.CheckConstraint(
                condition=~Q(state="succeeded") | Q(stripe_reversal_id__isnull=False), name="transfer_reversal_done_has_an_id"
            ),
        )
        indexes = (models.Index(fields=("due_at",), condition=Q(state="waiting", given_up_at__isnull=True), name="transfer_reversal_due"),)
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.money} of {self.dispute_id}, {self.state}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def fee(self) -> Money:
        """Our fee's part of it."""
        return Money(self.fee_amount, self.currency)

    @property
    def of_seller(self) -> Money:
        """What the seller loses in the end: the amount less our fee's part of it."""
        return Money(self.amount - self.fee_amount, self.currency)

    @property
    def is_stuck(self) -> bool:
        """Whether it was given up: staff have to agree with the seller on another way."""
        return self.state == self.State.WAITING and self.given_up_at is not None
