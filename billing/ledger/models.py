"""The books: every movement of money, twice. Written once and never changed; balances are sums of entries (docs/adr, 0058)."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts.sellers.models import SellerProfile
from billing.disputes.models import Dispute
from billing.orders.models import Order
from billing.payouts.models import Payout
from billing.refunds.models import Refund
from common.db.models import UUIDModel
from common.money import Money


class Account(models.TextChoices):
    """What money is, or for whom. Assets and costs have debit balances (above zero), debts and earnings credit balances (below)."""

    STRIPE = "stripe", "Balance at Stripe"  # ours, or a seller's connected account; equals Stripe's own figure
    BUYERS_CLEARING = "buyers_clearing", "Buyers’ clearing"  # paid by buyers and not passed on yet: nothing once a sale is complete
    SELLER_PAYABLE = "seller_payable", "Payable to sellers"
    PLATFORM_FEE = "platform_fee", "Platform fee"
    STRIPE_FEE = "stripe_fee", "Stripe’s fee"
    REFUNDS = "refunds", "Refunds"  # given back to buyers and not taken back from sellers
    DISPUTES_HELD = "disputes_held", "Held by disputes"  # buyers' banks have it and have not decided
    DISPUTES_LOST = "disputes_lost", "Lost to disputes"  # and not taken back from sellers
    PAYOUTS = "payouts", "Payouts"  # on its way to sellers' banks; of our own, what went to our bank
    TAX = "tax", "Tax"  # contained in what buyers pay and sellers, who owe it, get: nothing once a sale is complete
    ROUNDING = "rounding", "Rounding"  # where Stripe rounds otherwise than we
    EXCHANGE = "exchange", "Exchange"  # what Stripe settled in another currency than it was sold in


OF_A_SELLER = (Account.SELLER_PAYABLE,)
OF_ANYBODY = (Account.STRIPE, Account.PAYOUTS)  # ours where there is no seller


class LedgerTransaction(UUIDModel):
    """One event in the books. The database refuses to change or delete it, and to commit it unless its entries sum to zero per currency."""

    class Kind(models.TextChoices):
        # Movements at Stripe: the key is Stripe's balance transaction.
        CHARGE = "charge", gettext_lazy("Payment")
        TRANSFER = "transfer", gettext_lazy("Sale")
        APPLICATION_FEE = "application_fee", gettext_lazy("Our fee")
        REFUND = "refund", gettext_lazy("Refund")
        REFUND_FAILURE = "refund_failure", gettext_lazy("Refund that failed")
        TRANSFER_REVERSAL = "transfer_reversal", gettext_lazy("Taken back")
        APPLICATION_FEE_REFUND = "application_fee_refund", gettext_lazy("Our fee, given back")
        DISPUTE = "dispute", gettext_lazy("Dispute")
        PAYOUT = "payout", gettext_lazy("Payout")
        PAYOUT_FAILURE = "payout_failure", gettext_lazy("Payout that came back")
        # What staff have posted of a movement at Stripe that nothing in the shop has made; the key is Stripe's all the same.
        BY_HAND = "by_hand", gettext_lazy("Posted by staff")
        # What follows from a decision, and moves nothing at Stripe.
        DISPUTE_DECIDED = "dispute_decided", gettext_lazy("Dispute, decided")
        FEE_ROUNDED = "fee_rounded", gettext_lazy("Rounding of our fee")
        PAYOUT_PAID = "payout_paid", gettext_lazy("Paid out")

    kind = models.CharField(max_length=30, choices=Kind.choices)
    key = models.CharField(max_length=255, unique=True, help_text="Stripe's balance transaction, or what was decided: posted once.")
    stripe_source_id = models.CharField(max_length=255, blank=True, db_index=True, help_text="The object at Stripe that moved the money.")
    counterpart_id = models.CharField(
        max_length=255, unique=True, null=True, blank=True, help_text="By what the seller's account at Stripe knows the same movement."
    )
    order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, blank=True, related_name="ledger_transactions")
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, null=True, blank=True, related_name="ledger_transactions")
    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, null=True, blank=True, related_name="ledger_transactions")
    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, null=True, blank=True, related_name="ledger_transactions")
    happened_at = models.DateTimeField(help_text="When the money moved.")
    available_at = models.DateTimeField(help_text="From when on Stripe pays it out.")
    entry_count = models.PositiveSmallIntegerField(help_text="How many entries it has: none can be added later.")
    posted_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(entry_count__gte=2), name="ledger_transaction_has_two_sides"),
            models.CheckConstraint(
                condition=Q(order__isnull=False, payout__isnull=True)
                | Q(order__isnull=True, payout__isnull=False, refund__isnull=True, dispute__isnull=True)
                | Q(kind="by_hand", order__isnull=True, payout__isnull=True, refund__isnull=True, dispute__isnull=True),
                name="ledger_transaction_leads_to_its_cause",
            ),
        )
        indexes = (models.Index(fields=("-happened_at",), name="ledger_by_time"),)
        ordering = ("-happened_at", "-id")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.key}"

    @property
    def words(self) -> str:
        """What it is called on a seller's statement, in the reader's language."""
        is_debit = self.kind == self.Kind.PAYOUT_PAID and self.payout is not None and self.payout.debit is not None
        return gettext("Taken from your bank") if is_debit else self.get_kind_display()


class LedgerEntry(models.Model):
    """One side of a transaction: a debit is above zero, a credit below."""

    id = models.BigAutoField(primary_key=True)
    transaction = models.ForeignKey(LedgerTransaction, on_delete=models.PROTECT, related_name="entries")
    account = models.CharField(max_length=20, choices=Account.choices)
    seller = models.ForeignKey(SellerProfile, on_delete=models.PROTECT, null=True, blank=True, related_name="ledger_entries")
    amount = models.BigIntegerField(help_text="Minor units; a debit is above zero, a credit below.")
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~Q(amount=0), name="ledger_entry_not_zero"),
            models.CheckConstraint(
                condition=Q(account__in=OF_ANYBODY)
                | Q(account__in=OF_A_SELLER, seller__isnull=False)
                | (~Q(account__in=OF_A_SELLER) & Q(seller__isnull=True)),
                name="ledger_entry_of_a_seller",
            ),
            models.CheckConstraint(condition=Q(account__in=Account.values), name="ledger_entry_known_account"),
        )
        indexes = (
            models.Index(fields=("seller", "account", "currency"), include=("amount",), name="ledger_of_seller"),
            models.Index(fields=("account", "currency"), include=("amount",), name="ledger_by_account"),
        )
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.get_account_display()} {self.money}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def to_seller(self) -> Money:
        """The same as the seller reads it: what they gain is above zero."""
        return -self.money
