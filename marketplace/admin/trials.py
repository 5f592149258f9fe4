"""Trials, to read and to end by hand."""

from django.contrib import admin
from django.http import HttpRequest

from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from common.admin.acts import act
from common.admin.related_rows import related_row
from marketplace.admin.bounds import PULL_ENDS
from marketplace.trials.models import Trial
from marketplace.trials.services.ending import end_trial


@admin.register(Trial)
class TrialAdmin(AuditedAdmin):
    """Products that people and organisations try before they buy them."""

    list_display = ("started_at", related_row("product"), related_row("holder"), "days", "ends_at", "state", "bought_at")
    list_display_links = ("started_at",)
    list_filter = (("ended_at", admin.EmptyFieldListFilter), ("bought_at", admin.EmptyFieldListFilter), "started_at")
    list_select_related = ("product", "holder")
    search_fields = ("product__title", "holder__name", "holder__user__email", "bought_by")
    date_hierarchy = "started_at"
    exclude = ("product", "holder", "started_by")
    readonly_fields = (
        "id",
        "state",
        related_row("product"),
        related_row("holder"),
        related_row("started_by", "started by"),
        "started_at",
        "reminded_at",
    )
    actions = ("end",)

    @admin.display(description="state")
    def state(self, trial: Trial) -> str:
        """What has become of it."""
        return trial.state.value

    @act("End", consequence=f"Its holder can no longer pull because of it, and is told. It stays used: there is no second one. {PULL_ENDS}")
    def end(self, request: HttpRequest, trial: Trial, reason: str) -> None:
        """End a trial before its time."""
        end_trial(trial=trial, reason=reason, actor=signed_in(request))
