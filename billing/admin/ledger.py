"""The books and payouts, to read: what is posted is never changed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from audit.admin import AuditedAdmin
from billing.ledger.models import LedgerEntry, LedgerTransaction
from billing.ledger.reports import trial_balance
from billing.payouts.models import Payout
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
    list_filter = ("kind", "happened_at")
    list_select_related = ("order", "refund__order", "dispute__order", "payout")
    search_fields = ("key", "stripe_source_id", "counterpart_id", "order__id", "order__payment_intent_id")
    date_hierarchy = "happened_at"
    exclude = ("order", "refund", "dispute", "payout")
    readonly_fields = (related_row("order"), related_row("refund"), related_row("dispute"), related_row("payout"), "posted_at")
    inlines = (LedgerEntryInline,)
    change_list_template = "admin/billing/ledgertransaction/change_list.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the trial balance above the list."""
        return super().changelist_view(request, {**(extra_context or {}), "trial": trial_balance()})


@admin.register(Payout)
class PayoutAdmin(AuditedAdmin):
    """What Stripe sends to banks."""

    list_display = ("id", related_row("seller"), "money", "status", "created_at", "arrives_at", "failure")
    list_filter = ("status", "created_at")
    list_select_related = ("seller",)
    search_fields = ("id", "seller__display_name", "stripe_account_id")
    date_hierarchy = "created_at"
    exclude = ("seller", "amount")
    readonly_fields = ("id", related_row("seller"), "money", related_rows(LedgerTransaction, "payout", "in the books"))
