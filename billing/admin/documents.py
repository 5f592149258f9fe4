"""Invoices and credit notes, to read: they never change."""

from django.contrib import admin

from audit.admin import AuditedAdmin
from billing.invoices.models import Document
from common.admin.related_rows import related_row


@admin.register(Document)
class DocumentAdmin(AuditedAdmin):
    """What sellers' buyers got."""

    list_display = ("issued_at", "number", "kind", related_row("seller"), related_row("order"), "money", "tax")
    list_display_links = ("issued_at",)
    list_filter = ("kind", "issued_at")
    list_select_related = ("seller", "order")
    search_fields = ("key", "seller__display_name", "order__id", "order__payment_intent_id")
    date_hierarchy = "issued_at"
    exclude = ("seller", "buyer", "order", "refund", "dispute", "corrects", "amount", "tax_amount")
    readonly_fields = (
        "number",
        "money",
        "tax",
        related_row("seller"),
        related_row("buyer"),
        related_row("order"),
        related_row("refund"),
        related_row("dispute"),
        related_row("corrects"),
    )
