"""Refunds, to read and to try again. They are requested on an order."""

from django.contrib import admin
from django.http import HttpRequest

from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from billing.admin.pulled import pulled_words
from billing.refunds.models import Refund
from billing.refunds.services import retry_refund
from common.admin.acts import act
from common.admin.related_rows import related_row


@admin.register(Refund)
class RefundAdmin(AuditedAdmin):
    """Money that has gone back, or is about to."""

    list_display = (
        "created_at",
        related_row("order"),
        "money",
        "state",
        "origin",
        "reason",
        related_row("requested_by"),
        "attempts",
        "failure",
        "given_up_at",
    )
    list_display_links = ("created_at",)
    list_filter = ("state", "origin", ("given_up_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("order", "requested_by")
    search_fields = ("id", "order__id", "order__product_title", "stripe_refund_id", "payment_intent_id", "reason")
    date_hierarchy = "created_at"
    exclude = ("order", "requested_by", "amount")
    readonly_fields = (
        "id",
        related_row("order"),
        related_row("requested_by"),
        "money",
        "pulled",
        "created_at",
        "key_since",
        "attempts",
        "due_at",
        "last_error",
        "given_up_at",
    )
    actions = ("retry",)

    @admin.display(description="pulled since the sale")
    def pulled(self, refund: Refund) -> str:
        """When, from where, with what, and which digest."""
        return pulled_words(refund.order)

    @act(
        "Try again",
        consequence="Stripe is asked for the refund again within half a minute. One that it has already made is not made twice.",
        told=lambda refund: pulled_words(refund.order),
    )
    def retry(self, request: HttpRequest, refund: Refund, reason: str) -> None:
        """Go on with the refund."""
        retry_refund(refund=refund, reason=reason, actor=signed_in(request))
