"""The inbox of Stripe's webhooks."""

from django.contrib import admin
from django.http import HttpRequest

from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from billing.inbox.models import StripeEvent
from billing.inbox.services import retry_event
from common.admin.acts import act


@admin.register(StripeEvent)
class StripeEventAdmin(AuditedAdmin):
    """What Stripe has delivered, and what came of it."""

    list_display = ("id", "type", "object_id", "received_at", "attempts", "handled_at", "outcome", "last_error", "given_up_at")
    list_filter = ("type", ("handled_at", admin.EmptyFieldListFilter), ("given_up_at", admin.EmptyFieldListFilter), "received_at")
    search_fields = ("id", "object_id", "account_id", "outcome", "last_error")
    date_hierarchy = "received_at"
    readonly_fields = ("received_at", "attempts", "due_at", "last_error", "given_up_at")
    actions = ("retry",)

    @act("Handle again", consequence="Stripe is asked again for the current state. What already matches it stays as it is.")
    def retry(self, request: HttpRequest, event: StripeEvent, reason: str) -> None:
        """Handle the event once more."""
        retry_event(event=event, reason=reason, actor=signed_in(request))
