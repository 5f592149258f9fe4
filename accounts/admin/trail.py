"""The link from any row to what was done to it."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from common.admin.acts import ActAdmin


class AuditedAdmin(ActAdmin):
    """An `ActAdmin` whose rows link to their entries in the audit trail. For every model of the shop."""

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        return [*super().get_readonly_fields(request, obj), "audit_trail"]

    @admin.display(description="audit trail")
    def audit_trail(self, row: Model) -> str:
        """Link to the row's entries."""
        of_row = urlencode({"target_type__exact": row._meta.label_lower, "target_id__exact": row.pk})
        return format_html('<a href="{}?{}">show</a>', reverse("admin:accounts_auditevent_changelist"), of_row)
