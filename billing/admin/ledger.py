"""The books and payouts, to read: what is posted is never changed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from audit.admin import AuditedAdmin
from billing.admin.books_of_seller import PARAMETER, SellerFilter, statement_for_staff, to_seller
from billing.ledger.models import LedgerEntry, LedgerTransaction
from billing.ledger.payouts import reconcile_payout
from billing.ledger.reports import trial_balance
from billing.payouts.models import Payout
from common.admin.acts import act
from common.admin.inlines import ReadOnlyInline
from common.admin.related_rows import related_row, related_rows


class LedgerEntryInline(ReadOnlyInline):
    """Its sides: a debit is above zero."""

    model = LedgerEntry
    fields = readonly_fields = ("account", related_row("seller"), "money")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Load the sellers along."""
        return super().get_queryset(request).select_related("seller")


@admin.register(LedgerTransaction)
class LedgerTransactionAdmin(AuditedAdmin):
    """Every movement of money, below the trial balance."""

    list_display = (
        "happened_at",
        "kind",
        "key",
        related_row("order"),
        related_row("refund"),
        related_row("dispute"),
        related_row("payout"),
    )
    list_display_links = ("happened_at",)
    list_filter = ("kind", SellerFilter, "happened_at")
    list_select_related = ("order", "refund__order", "dispute__order", "payout")
    search_fields = ("key", "stripe_source_id", "counterpart_id", "order__id", "order__payment_intent_id")
    date_hierarchy = "happened_at"
    exclude = ("order", "refund", "dispute", "payout")
    readonly_fields = (related_row("order"), related_row("refund"), related_row("dispute"), related_row("payout"), "posted_at")
    inlines = (LedgerEntryInline,)
    change_list_template = "admin/billing/ledgertransaction/change_list.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show above the list the trial balance, or of one seller what they have and their statement."""
        above = statement_for_staff(request, now=timezone.now()) or {"trial": trial_balance()}
        return super().changelist_view(request, {**(extra_context or {}), **above})

    def get_list_display(self, request: HttpRequest) -> Any:
        """Show of one seller's movements what each is to them."""
        shown = super().get_list_display(request)
        return (*shown[:2], to_seller, *shown[2:]) if PARAMETER in request.GET else shown


@admin.register(Payout)
class PayoutAdmin(AuditedAdmin):
    """What Stripe sends to banks."""

    list_display = ("id", related_row("seller"), "money", "status", "created_at", "arrives_at", "failure", "given_up_at")
    list_filter = ("status", ("given_up_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("seller",)
    search_fields = ("id", "seller__display_name", "stripe_account_id")
    date_hierarchy = "created_at"
    exclude = ("seller", "amount")
    readonly_fields = (
        "id",
        related_row("seller"),
        "money",
        "attempts",
        "due_at",
        "last_error",
        "given_up_at",
        related_rows(LedgerTransaction, "payout", "in the books"),
    )
    actions = ("reconcile",)

    @act("Ask Stripe", consequence="The payout is brought in line with what Stripe says now, also one that was given up.")
    def reconcile(self, request: HttpRequest, payout: Payout, reason: str) -> None:  # noqa: ARG002  nothing changes that is not true at Stripe anyway
        """Reconcile the payout with Stripe now."""
        reconcile_payout(payout_id=payout.pk, account_id=payout.stripe_account_id)
