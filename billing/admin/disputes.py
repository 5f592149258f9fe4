"""Disputes, to read. They are answered at Stripe."""

from django.contrib import admin

from audit.admin import AuditedAdmin
from billing.disputes.models import Dispute
from common.admin.related_rows import related_row


@admin.register(Dispute)
class DisputeAdmin(AuditedAdmin):
    """What buyers' banks want back, and until when Stripe takes an answer."""

    list_display = ("id", related_row("order"), "money", "status", "reason", "respond_by", "opened_at")
    list_filter = ("status", "reason", "respond_by", "opened_at")
    list_select_related = ("order",)
    search_fields = ("id", "order__id", "order__product_title", "order__payment_intent_id")
    date_hierarchy = "opened_at"
    exclude = ("order",)
    readonly_fields = ("id", related_row("order"), "money")
