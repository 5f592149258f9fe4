"""Who may pull what, and why."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html

from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from common.admin.acts import act
from common.admin.related_rows import related_row
from marketplace.admin.bounds import PULL_ENDS
from marketplace.entitlements.models import Entitlement
from marketplace.gifts.services.ending import take_back_image

# The source is a row of any layer, named without a foreign key; here the names of their admin pages.
SOURCES = {
    Entitlement.Source.ORDER: "billing_order",
    Entitlement.Source.FREE: "marketplace_product",
    Entitlement.Source.SUBSCRIPTION: "billing_subscription",
    Entitlement.Source.STAFF: "audit_auditevent",
    Entitlement.Source.SELLER: "marketplace_gift",
    Entitlement.Source.TRIAL: "marketplace_trial",
}


@admin.register(Entitlement)
class EntitlementAdmin(AuditedAdmin):
    """Entitlements: revoked with a reason, never deleted. Give one from the image's page."""

    list_display = ("id", related_row("holder"), related_row("image"), "source", "granted_at", "ends_at", "suspended_at", "revoked_at")
    list_filter = ("source_kind", ("suspended_at", admin.EmptyFieldListFilter), ("revoked_at", admin.EmptyFieldListFilter), "granted_at")
    list_select_related = ("holder", "image")
    search_fields = ("holder__name", "holder__user__email", "image__repository", "source_id")
    date_hierarchy = "granted_at"
    exclude = ("holder", "image", "source_kind", "source_id")
    readonly_fields = (
        "id",
        related_row("holder"),
        related_row("holder__user", "user"),
        related_row("image"),
        "source",
        "granted_at",
        "ends_at",
        "end_reminded_at",
    )
    actions = ("take_back",)

    @admin.display(description="source", ordering="source_kind")
    def source(self, entitlement: Entitlement) -> str:
        """Link to the order, the subscription, the free product or the act of staff that gave it."""
        kind = Entitlement.Source(entitlement.source_kind)
        try:
            page = reverse(f"admin:{SOURCES[kind]}_change", args=[entitlement.source_id])
        except NoReverseMatch:
            return str(kind.label)
        return format_html('<a href="{}">{}</a>', page, kind.label)

    @act(
        "Revoke",
        consequence=f"The holder can no longer pull because of this. {PULL_ENDS} A gift ends with its last image. A refund"
        " ends what was paid for, its page a trial.",
    )
    def take_back(self, request: HttpRequest, entitlement: Entitlement, reason: str) -> None:
        """Take back what was free."""
        take_back_image(entitlement=entitlement, reason=reason, actor=signed_in(request))
