"""Disputes, to read. They are answered at Stripe."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from audit.admin import AuditedAdmin
from billing.disputes.models import Dispute
from billing.ledger.models import LedgerTransaction
from billing.ledger.reports import aged_disputes
from common.admin.related_rows import related_row, related_rows


@admin.register(Dispute)
class DisputeAdmin(AuditedAdmin):
    """What buyers' banks want back, and until when Stripe takes an answer."""

    list_display = ("id", related_row("order"), "money", "status", "reason", "respond_by", "opened_at")
    list_filter = ("status", "reason", "respond_by", "opened_at")
    list_select_related = ("order",)
    search_fields = ("id", "order__id", "order__product_title", "order__payment_intent_id")
    date_hierarchy = "opened_at"
    exclude = ("order",)
    readonly_fields = ("id", related_row("order"), "money", related_rows(LedgerTransaction, "dispute", "in the books"))
    change_list_template = "admin/billing/dispute/change_list.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show above the list what banks hold and have taken, by age."""
        return super().changelist_view(request, {**(extra_context or {}), "aged": aged_disputes(now=timezone.now())})
