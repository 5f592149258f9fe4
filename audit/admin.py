"""The audit trail, and the link from any row to what was done to it."""

from typing import Any, cast

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Model
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from audit.models import AuditEvent
from common.admin.acts import ActAdmin
from common.admin.related_rows import may_open, related_row


@admin.register(AuditEvent)
class AuditEventAdmin(ActAdmin):
    """Who did what to what, from where."""

    list_display = ("at", related_row("actor"), "action", "target", "reason", "address")
    list_display_links = ("at",)
    list_filter = ("action", "target_type", "at")
    list_select_related = ("actor",)
    search_fields = ("target_label", "target_id", "reason", "actor__username", "action")
    date_hierarchy = "at"
    exclude = ("actor", "target_type", "target_id", "target_label")
    readonly_fields = ("at", related_row("actor"), "target", "target_type", "target_id")

    def has_act_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  for nobody
        return False

    @admin.display(description="target")
    def target(self, event: AuditEvent) -> str:
        """Link to the row that was acted on, if the admin has a page for it that the reader may open."""
        try:
            page = reverse(f"admin:{event.target_type.replace('.', '_')}_change", args=[event.target_id])
        except NoReverseMatch:
            return event.target_label
        if not may_open(apps.get_model(event.target_type)):
            return event.target_label
        return format_html('<a href="{}">{}</a>', page, event.target_label)


class AuditedAdmin(ActAdmin):
    """An `ActAdmin` whose rows link to their entries in the audit trail; the base for every model of the shop."""

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        return [*super().get_readonly_fields(request, obj), "audit_trail"]

    @admin.display(description="audit trail")
    def audit_trail(self, row: Model) -> str:
        """Link to the row's entries."""
        if not may_open(AuditEvent):
            return "–"
        of_row = urlencode({"target_type__exact": row._meta.label_lower, "target_id__exact": row.pk})
        return format_html('<a href="{}?{}">show</a>', reverse("admin:audit_auditevent_changelist"), of_row)


def actor_of(request: HttpRequest) -> AbstractBaseUser:
    """Return the member of staff who acts: the admin admits only signed-in users."""
    return cast("AbstractBaseUser", request.user)
