"""What reconciliation repaired."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode

from audit.admin import AuditedAdmin
from registry_auth.upkeep.models import Reconciliation

_REPAIRED = Q(written__gt=0) | Q(removed__gt=0)


class RepairedFilter(admin.SimpleListFilter):
    """Tells runs that repaired something from the many that did not."""

    title = "repairs"
    parameter_name = "repaired"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Repaired something"), ("no", "Found nothing wrong")]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Reconciliation]) -> QuerySet[Reconciliation]:
        conditions = {"yes": _REPAIRED, "no": ~_REPAIRED}
        return queryset.filter(conditions.get(str(self.value()), Q()))


@admin.register(Reconciliation)
class ReconciliationAdmin(AuditedAdmin):
    """Runs of the reconciliation, the newest first."""

    list_display = (
        "started_at",
        "ended_at",
        "written",
        "removed",
        "described",
        "unknown_repositories",
        "refused",
        "problem",
        "repaired_tags",
    )
    list_filter = (RepairedFilter, ("problem", admin.EmptyFieldListFilter), "started_at")
    search_fields = ("problem",)
    date_hierarchy = "started_at"
    readonly_fields = ("started_at", "ended_at", "repaired_tags")

    @admin.display(description="which tags")
    def repaired_tags(self, run: Reconciliation) -> str:
        """Link to the run's entries in the audit trail of each image, which name the tags."""
        if not run.written and not run.removed:
            return "–"
        until = run.ended_at or timezone.now()
        query = {"action__exact": "image.reconciled", "at__gte": run.started_at.isoformat(), "at__lte": until.isoformat()}
        return format_html('<a href="{}?{}">show</a>', reverse("admin:audit_auditevent_changelist"), urlencode(query))
