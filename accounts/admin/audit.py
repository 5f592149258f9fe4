"""The audit trail, to read: nothing adds to it here, nothing changes it anywhere."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html

from accounts.models import AuditEvent
from common.admin.acts import ActAdmin
from common.admin.neighbours import neighbour


@admin.register(AuditEvent)
class AuditEventAdmin(ActAdmin):
    """Who did what to what, from where."""

    list_display = ("at", neighbour("actor"), "action", "target", "reason", "address")
    list_display_links = ("at",)
    list_filter = ("action", "target_type", "at")
    list_select_related = ("actor",)
    search_fields = ("target_label", "target_id", "reason", "actor__username", "action")
    date_hierarchy = "at"
    exclude = ("actor", "target_type", "target_id", "target_label")
    readonly_fields = ("at", neighbour("actor"), "target", "target_type", "target_id")

    def has_act_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  for nobody
        return False

    @admin.display(description="target")
    def target(self, event: AuditEvent) -> str:
        """Link to the row it happened to, while the admin has a page for it."""
        try:
            page = reverse(f"admin:{event.target_type.replace('.', '_')}_change", args=[event.target_id])
        except NoReverseMatch:
            return event.target_label
        return format_html('<a href="{}">{}</a>', page, event.target_label)
