"""Refunds, to follow. They are asked for on an order."""

from django.contrib import admin

from accounts.admin.trail import AuditedAdmin
from billing.models import Refund
from common.admin import neighbour


@admin.register(Refund)
class RefundAdmin(AuditedAdmin):
    """Money that goes back, or went."""

    list_display = ("created_at", neighbour("order"), "money", "state", "reason", neighbour("requested_by"), "attempts", "failure")
    list_display_links = ("created_at",)
    list_filter = ("state", "created_at")
    list_select_related = ("order", "requested_by")
    search_fields = ("id", "order__id", "order__product_title", "stripe_refund_id", "payment_intent_id", "reason")
    date_hierarchy = "created_at"
    exclude = ("order", "requested_by")
    readonly_fields = ("id", neighbour("order"), neighbour("requested_by"), "money", "created_at")
