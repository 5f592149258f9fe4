"""What Stripe lists of each balance, kept as it was read, and what differs from the books."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.sellers.models import SellerProfile
from billing.ledger.models import LedgerTransaction
from common.db.claims import Attempt
from common.money import Money


class Statement(Attempt):
    """The balance of one account at Stripe, and how far its list was read. It is due every night; a reading may take several runs."""

    account_id = models.CharField(max_length=255, unique=True, blank=True, help_text="Stripe's, acct_…; empty for our own.")
    seller = models.ForeignKey(SellerProfile, on_delete=models.PROTECT, null=True, blank=True, related_name="statements")
    began_at = models.DateTimeField(null=True, blank=True, help_text="When the reading that is under way began.")
    cursor = models.CharField(max_length=255, blank=True, help_text="The last line that it has read.")
    read_until = models.DateTimeField(null=True, blank=True, help_text="Everything that Stripe had until then was read.")
    compared_at = models.DateTimeField(null=True, blank=True, help_text="When it was last compared with the books to its end.")
    closed_at = models.DateTimeField(null=True, blank=True, help_text="Since when the account is not connected to us.")

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(account_id="") ^ Q(seller__isnull=False), name="statement_of_a_seller_or_ours"),)
        indexes = (models.Index(fields=("due_at",), condition=Q(closed_at__isnull=True, given_up_at__isnull=True), name="statement_due"),)
        ordering = ("account_id",)

    def __str__(self) -> str:
        return self.account_id or "our own account"


class StatementLine(models.Model):
    """One balance transaction, as Stripe lists it. Stripe never changes one, and neither do we."""

    id = models.CharField(primary_key=True, max_length=255)  # Stripe's, txn_…
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="lines")
    type = models.CharField(max_length=50, help_text="Stripe's word.")
    source_id = models.CharField(max_length=255, blank=True, db_index=True, help_text="The object that moved the money.")
    amount = models.BigIntegerField(help_text="Minor units.")
    fee = models.BigIntegerField(help_text="Minor units.")
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField()
    agreed_at = models.DateTimeField(null=True, blank=True, help_text="Since when the books say the same, or staff have explained it.")

    class Meta:
        indexes = (models.Index(fields=("statement", "id"), condition=Q(agreed_at__isnull=True), name="statement_line_open"),)
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.type} {self.money} {self.id}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)


class Difference(models.Model):
    """Stripe and the books say different things. It ends when they agree, or when staff say why it is as it should be."""

    class Kind(models.TextChoices):
        MISSING_HERE = "missing_here", "Missing here"
        MISSING_THERE = "missing_there", "Missing there"
        AMOUNT = "amount", "Amount differs"
        FEE = "fee", "Fee differs"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="differences")
    line = models.ForeignKey(StatementLine, on_delete=models.PROTECT, null=True, blank=True, related_name="differences")
    transaction = models.ForeignKey(LedgerTransaction, on_delete=models.PROTECT, null=True, blank=True, related_name="differences")
    stripe_amount = models.BigIntegerField(null=True, blank=True, help_text="Minor units: what Stripe says.")
    booked_amount = models.BigIntegerField(null=True, blank=True, help_text="Minor units: what the books say.")
    currency = models.CharField(max_length=3)
    found_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now, help_text="When it was last found.")
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=500, blank=True, help_text="Why it has ended.")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(line__isnull=False) | Q(transaction__isnull=False), name="difference_is_of_something"),
            models.UniqueConstraint(
                fields=("line", "kind"), condition=Q(ended_at__isnull=True, line__isnull=False), name="one_open_difference_of_a_line"
            ),
            models.UniqueConstraint(
                fields=("transaction", "statement"),
                condition=Q(ended_at__isnull=True, line__isnull=True),
                name="one_open_difference_of_a_transaction",
            ),
        )
        indexes = (models.Index(fields=("statement",), condition=Q(ended_at__isnull=True), name="difference_open"),)
        ordering = ("-found_at", "-id")

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.line_id or self.transaction}"
