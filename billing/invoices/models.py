"""Invoices and credit notes: what they say is copied when they are made and never changes; numbers have no gaps (docs/adr, 0065)."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.people.models import Account
from accounts.sellers.models import SellerProfile
from billing.disputes.models import Dispute
from billing.orders.models import Order
from billing.refunds.models import Refund
from common.db.models import UUIDModel
from common.money import Money


class BillingDetails(models.Model):
    """Who an account is on invoices, as buyer and as seller. Documents copy it; a change concerns those that are made later."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, primary_key=True, related_name="billing_details")
    name = models.CharField(max_length=200, help_text="The legal name.")
    address = models.CharField(max_length=400, help_text="Lines of the postal address, with the country.")
    vat_id = models.CharField(max_length=40, blank=True)
    tax_id = models.CharField(max_length=40, blank=True, help_text="Of a seller: the number of its tax office, where it has no VAT id.")
    tax_note = models.CharField(
        max_length=300, blank=True, help_text="Of a seller: a sentence on each invoice, as the rule for small businesses."
    )
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "billing details"

    def __str__(self) -> str:
        return self.name


class DocumentSeries(models.Model):
    """The numbers of one seller and year. Locked while a document is made, so that a rollback gives its number back.

    The database refuses to count by more than one, and to commit a number that no document has.
    """

    id = models.BigAutoField(primary_key=True)
    seller = models.ForeignKey(SellerProfile, on_delete=models.PROTECT, related_name="document_series")
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0, help_text="The number that was given out last.")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("seller", "year"), name="document_series_once"),)
        verbose_name_plural = "document series"

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class Document(UUIDModel):
    """An invoice or a credit note, as it was made. The database refuses to change or delete it."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", gettext_lazy("Invoice")
        RECEIPT = "receipt", gettext_lazy("Receipt")  # an invoice whose seller has not said who they are in law
        CREDIT_NOTE = "credit_note", gettext_lazy("Credit note")

    kind = models.CharField(max_length=20, choices=Kind.choices)
    key = models.CharField(max_length=255, unique=True, help_text="What it was made for: once.")
    seller = models.ForeignKey(SellerProfile, on_delete=models.PROTECT, related_name="documents")
    buyer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="documents")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="documents")
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, null=True, blank=True, related_name="documents")
    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, null=True, blank=True, related_name="documents")
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrected_by")
    year = models.PositiveSmallIntegerField()
    serial = models.PositiveIntegerField(help_text="Its number in the seller's year.")
    issued_at = models.DateTimeField(help_text="Also its date; years are those of UTC.")
    amount = models.IntegerField(help_text="Minor units, taxes included; below zero on a credit note.")
    tax_amount = models.IntegerField(help_text="What of it is tax, as far as it was worked out.")
    currency = models.CharField(max_length=3)
    language = models.CharField(max_length=10)
    content = models.JSONField(help_text="What it says of seller, buyer, lines, tax and payment.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("seller", "year", "serial"), name="document_number_once"),
            models.CheckConstraint(
                condition=Q(kind="credit_note", amount__lt=0) | (~Q(kind="credit_note") & Q(amount__gt=0)), name="document_sign"
            ),
            models.CheckConstraint(condition=~Q(kind="credit_note") | Q(corrects__isnull=False), name="document_credit_note_corrects"),
        )
        indexes = (
            models.Index(fields=("seller", "-issued_at"), name="document_of_seller"),
            models.Index(fields=("buyer", "-issued_at"), name="document_of_buyer"),
        )
        ordering = ("-issued_at", "-serial")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"

    @property
    def number(self) -> str:
        """As it is printed. The letters keep it apart from the seller's invoices of other sales."""
        return f"LS-{self.year}-{self.serial:05}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def tax(self) -> Money:
        """What of the amount is tax."""
        return Money(self.tax_amount, self.currency)

    @property
    def net(self) -> Money:
        """The amount without its tax."""
        return self.money - self.tax

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What was sold: text, details and amount of each."""
        return [line | {"money": Money(line["amount"], self.currency)} for line in self.content["lines"]]

    @property
    def tax_lines(self) -> list[dict[str, Any]]:
        """Each tax: its name, percentage, country and amount."""
        return [line | {"money": Money(line["amount"], self.currency)} for line in self.content["taxes"]]
