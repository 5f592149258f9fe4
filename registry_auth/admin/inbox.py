"""The inbox of the registry's notifications."""

from django.contrib import admin
from django.http import HttpRequest

from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from common.admin.acts import act
from registry_auth.inbox.models import RegistryEnvelope, SeenRegistryEvent
from registry_auth.inbox.store import retry_envelope


@admin.register(RegistryEnvelope)
class RegistryEnvelopeAdmin(AuditedAdmin):
    """The registry's notifications, and whether their events have had their effect."""

    list_display = ("id", "received_at", "attempts", "drained_at", "due_at", "given_up_at", "last_error")
    list_filter = (("drained_at", admin.EmptyFieldListFilter), ("given_up_at", admin.EmptyFieldListFilter), "received_at")
    search_fields = ("id", "body", "last_error")
    date_hierarchy = "received_at"
    readonly_fields = ("received_at", "attempts", "due_at", "last_error", "given_up_at")
    actions = ("retry",)

    @act("Apply again", consequence="Events that have had no effect yet are applied. The others are not applied again.")
    def retry(self, request: HttpRequest, envelope: RegistryEnvelope, reason: str) -> None:
        """Apply the envelope once more."""
        retry_envelope(envelope=envelope, reason=reason, actor=signed_in(request))


@admin.register(SeenRegistryEvent)
class SeenRegistryEventAdmin(AuditedAdmin):
    """Events that have had their effect, so that a repetition has none."""

    list_display = ("id", "seen_at")
    search_fields = ("id",)
    date_hierarchy = "seen_at"
    readonly_fields = ("seen_at",)
