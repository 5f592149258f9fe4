"""Disputes: what buyers' banks want back, what they are answered, and what is taken back from sellers."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from billing.disputes.evidence import Section, collect_evidence, sections
from billing.disputes.models import Dispute, DisputeEvidence, TransferReversal
from billing.disputes.reversals import close_reversal, retry_reversal
from billing.disputes.services import send_evidence
from billing.ledger.models import LedgerTransaction
from billing.ledger.reports import aged_disputes
from billing.stripe.disputes import Evidence
from common.admin.acts import act
from common.admin.related_rows import related_row, related_rows
from common.admin.units import in_currency


def _read(parts: list[Section]) -> str:
    return format_html(
        "<dl>{}</dl>", format_html_join("", "<dt>{}</dt><dd><pre>{}</pre></dd>", ((part.title, part.text) for part in parts))
    )


@admin.register(Dispute)
class DisputeAdmin(AuditedAdmin):
    """What buyers' banks want back, and until when they take an answer. Each is answered once, by whoever looks after orders."""

    list_display = ("id", related_row("order"), "money", "status", "reason", "respond_by", "opened_at")
    list_filter = ("status", "reason", "respond_by", "opened_at")
    list_select_related = ("order",)
    search_fields = ("id", "order__id", "order__product_title", "order__payment_intent_id")
    date_hierarchy = "opened_at"
    exclude = ("order", "amount")
    readonly_fields = (
        "id",
        related_row("order"),
        "money",
        related_rows(DisputeEvidence, "dispute", "sent to the bank"),
        related_rows(TransferReversal, "dispute", "taken back from the seller"),
        related_rows(LedgerTransaction, "dispute", "in the books"),
        "evidence_now",
    )
    change_list_template = "admin/billing/dispute/change_list.html"
    actions = ("send_evidence", "retry_reversal", "close_reversal")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show above the list what banks hold and have taken, by age."""
        return super().changelist_view(request, {**(extra_context or {}), "aged": aged_disputes(now=timezone.now())})

    @admin.display(description="evidence, as it would be sent now")
    def evidence_now(self, dispute: Dispute) -> str:
        """What a click on "Send the evidence" sends."""
        return _read(sections(collect_evidence(dispute)))

    @act(
        "Send the evidence",
        consequence="The evidence that the dispute's page shows goes to the buyer's bank, with what the seller has added, and with receipt"
        " and licence as PDF. A bank looks at one answer: nothing can be sent afterwards.",
    )
    def send_evidence(self, request: HttpRequest, dispute: Dispute, reason: str) -> None:
        """Answer the bank."""
        send_evidence(dispute=dispute, reason=reason, actor=signed_in(request))

    @act(
        "Take the seller's part back again",
        consequence="Only after a lost dispute: Stripe is asked again for the seller's part of it. What was taken back is not taken twice.",
    )
    def retry_reversal(self, request: HttpRequest, dispute: Dispute, reason: str) -> None:
        """Go on with taking back."""
        retry_reversal(dispute=dispute, reason=reason, actor=signed_in(request))

    @act(
        "Close what the seller owes",
        consequence="Only after a lost dispute whose part could not be taken back: the seller has paid it in another way, or it is our"
        " loss. Nothing is taken back any more, and the books keep it as lost.",
    )
    def close_reversal(self, request: HttpRequest, dispute: Dispute, reason: str) -> None:
        """Stop taking back."""
        close_reversal(dispute=dispute, reason=reason, actor=signed_in(request))


@admin.register(DisputeEvidence)
class DisputeEvidenceAdmin(AuditedAdmin):
    """What banks were sent, word by word."""

    list_display = ("created_at", related_row("dispute"), "stage", "state", related_row("requested_by"), "failure", "given_up_at")
    list_display_links = ("created_at",)
    list_filter = ("state", ("given_up_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("dispute__order", "requested_by")
    search_fields = ("dispute__id", "dispute__order__id")
    date_hierarchy = "created_at"
    exclude = ("dispute", "requested_by", "fields")
    readonly_fields = (
        "id",
        related_row("dispute"),
        related_row("requested_by"),
        "created_at",
        "attempts",
        "due_at",
        "last_error",
        "given_up_at",
        "evidence_sent",
    )

    @admin.display(description="evidence")
    def evidence_sent(self, evidence: DisputeEvidence) -> str:
        """The fields, as people read them."""
        return _read(sections(Evidence(**evidence.fields)))


@admin.register(TransferReversal)
class TransferReversalAdmin(AuditedAdmin):
    """What is taken back from sellers after lost disputes. Those given up are tried again or closed on the dispute's page."""

    list_display = ("created_at", related_row("dispute"), "money", "of_seller", "state", "attempts", "given_up_at")
    list_display_links = ("created_at",)
    list_filter = ("state", ("given_up_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("dispute__order",)
    search_fields = ("dispute__id", "dispute__order__id", "transfer_id", "stripe_reversal_id")
    date_hierarchy = "created_at"
    exclude = ("dispute", "amount", "fee_amount")
    readonly_fields = (
        "id",
        related_row("dispute"),
        "money",
        "of_seller",
        in_currency("fee_amount"),
        "created_at",
        "attempts",
        "due_at",
        "last_error",
        "given_up_at",
    )
