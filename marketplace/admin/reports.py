"""The queue of reports: who looks after each, what is decided, and what becomes of an appeal."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from common.admin.acts import ReasonForm, act
from common.admin.related_rows import related_row
from marketplace.moderation.models import LONGEST, WAITING, Report
from marketplace.moderation.services import decide_appeal, decide_report, take_report

PAGES = {
    Report.About.PRODUCT: "marketplace_product",
    Report.About.IMAGE: "marketplace_image",
    Report.About.SHOP: "accounts_sellerprofile",
    Report.About.REVIEW: "marketplace_review",
}


class UpholdForm(ReasonForm):
    """What both sides are told."""

    answer = forms.CharField(label="To the reporter", max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 4}))
    decision = forms.CharField(
        label="To the one concerned",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What was decided and why, without a word of who reported it. They can appeal.",
    )
    field_order = ("answer", "decision", "reason")


class DismissForm(UpholdForm):
    """What the reporter is told, and perhaps the one concerned."""

    decision = forms.CharField(
        label="To the one concerned",
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Empty if they need not hear of it.",
    )


class AppealAnswerForm(ReasonForm):
    """What the one concerned is told of their appeal."""

    answer = forms.CharField(label="To the one who appealed", max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 4}))
    field_order = ("answer", "reason")


class QueueFilter(admin.SimpleListFilter):
    """Whether staff have something to do."""

    title = "queue"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002  Django passes them
        return [("waiting", "Waiting"), ("mine", "Waiting for me"), ("unowned", "Nobody’s yet"), ("done", "Done")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Report]) -> QuerySet[Report]:
        waiting = queryset.filter(state__in=WAITING)
        chosen = {"waiting": waiting, "mine": waiting.filter(owner=signed_in(request)), "unowned": waiting.filter(owner__isnull=True)}
        done = queryset.exclude(state__in=WAITING)
        return {**chosen, "done": done}.get(self.value() or "", queryset)


@admin.register(Report)
class ReportAdmin(AuditedAdmin):
    """Reports, the oldest first."""

    list_display = ("id", "kind", "target", "state", related_row("owner"), "created_at", "decided_at")
    list_filter = (QueueFilter, "state", "kind", "about", "created_at")
    list_select_related = ("owner",)
    search_fields = ("target_label", "details", "concerned__name", "reporter__username", "reporter_email", "target_id")
    date_hierarchy = "created_at"
    exclude = ("about", "target_id", "target_label", "concerned", "reporter", "owner")
    readonly_fields = (
        "id",
        "target",
        related_row("concerned"),
        related_row("reporter"),
        related_row("owner"),
        "created_at",
        "decided_at",
        "appealed_at",
        "appeal_decided_at",
    )
    actions = ("take", "uphold", "dismiss", "grant_appeal", "reject_appeal")

    @admin.display(description="about", ordering="about")
    def target(self, report: Report) -> str:
        """Link to what was reported, where staff act on it."""
        return format_html(
            '<a href="{}">{}</a>',
            reverse(f"admin:{PAGES[Report.About(report.about)]}_change", args=[report.target_id]),
            report.target_label,
        )

    @act("Take", consequence="You look after it from now on. It stays in the queue until it is decided.")
    def take(self, request: HttpRequest, report: Report, reason: str) -> None:
        """Become the owner of reports."""
        take_report(report=report, reason=reason, actor=signed_in(request))

    @act(
        "Uphold",
        consequence="Both sides are mailed what you write, and the one concerned can appeal. Nothing happens to what was reported: suspend,"
        " take down or hide it on its own page.",
        form=UpholdForm,
    )
    def uphold(self, request: HttpRequest, report: Report, reason: str, **told: str) -> None:
        """Agree with reporters."""
        decide_report(report=report, upheld=True, reason=reason, actor=signed_in(request), **told)

    @act("Dismiss", consequence="The reporter is mailed what you write; the one concerned only if you write to them.", form=DismissForm)
    def dismiss(self, request: HttpRequest, report: Report, reason: str, **told: str) -> None:
        """Disagree with reporters."""
        decide_report(report=report, upheld=False, reason=reason, actor=signed_in(request), **told)

    @act(
        "Grant appeal",
        consequence="The one concerned is mailed what you write, and the reporter that the decision was changed. What was done to what was"
        " reported you undo on its own page.",
        form=AppealAnswerForm,
    )
    def grant_appeal(self, request: HttpRequest, report: Report, reason: str, answer: str) -> None:
        """Agree with those who appealed."""
        decide_appeal(report=report, granted=True, answer=answer, reason=reason, actor=signed_in(request))

    @act("Reject appeal", consequence="The one concerned is mailed what you write. There is no second appeal.", form=AppealAnswerForm)
    def reject_appeal(self, request: HttpRequest, report: Report, reason: str, answer: str) -> None:
        """Stand by a decision."""
        decide_appeal(report=report, granted=False, answer=answer, reason=reason, actor=signed_in(request))
